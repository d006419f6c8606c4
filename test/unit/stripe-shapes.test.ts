import Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StripeStandin } from "../../dev/stripe/server.ts";
import { createStripeStandin } from "../../dev/stripe/server.ts";

/**
 * Goal: a reader that needs a field finds it here when it would find it at Stripe. The names are those of Stripe's
 * published fixtures (stripe/openapi, MIT), and after each `+` what the pinned version of the SDK has beyond them.
 */
const FIELDS: Readonly<Record<string, string>> = {
  payment_intent: `amount amount_capturable amount_details amount_received application application_fee_amount
    automatic_payment_methods canceled_at cancellation_reason capture_method client_secret confirmation_method created
    currency customer customer_account description excluded_payment_method_types id last_payment_error latest_charge
    livemode managed_payments metadata next_action object on_behalf_of payment_method
    payment_method_configuration_details payment_method_options payment_method_types processing receipt_email review
    setup_future_usage shipping source statement_descriptor statement_descriptor_suffix status transfer_data
    transfer_group + allowed_payment_method_types payment_record`,
  charge: `amount amount_captured amount_refunded application application_fee application_fee_amount
    balance_transaction billing_details calculated_statement_descriptor captured created currency customer description
    disputed failure_balance_transaction failure_code failure_message fraud_details id livemode metadata object
    on_behalf_of outcome paid payment_intent payment_method payment_method_details receipt_email receipt_number
    receipt_url refunded refunds review shipping source source_transfer statement_descriptor
    statement_descriptor_suffix status transfer_data transfer_group`,
  "charge.payment_method_details.card": `amount_authorized authorization_code brand checks country exp_month exp_year
    extended_authorization fingerprint funding incremental_authorization installments last4 mandate multicapture network
    network_token network_transaction_id overcapture regulated_status three_d_secure transaction_link_id wallet
    + electronic_commerce_indicator setup_credential_usage stored_credential_usage`,
  refund: `amount balance_transaction charge created currency customer customer_account destination_details id metadata
    object payment_intent payment_method reason receipt_number source_transfer_reversal status transfer_reversal`,
  event: "api_version created data id livemode object pending_webhooks request type",
  payment_method: `allow_redisplay billing_details card created customer customer_account id livemode metadata object
    type`,
  "payment_method.card": `brand checks country display_brand exp_month exp_year fingerprint funding generated_from last4
    networks regulated_status three_d_secure_usage wallet`,
  confirmation_token: `created expires_at id livemode mandate_data object payment_intent payment_method_options
    payment_method_preview return_url setup_future_usage setup_intent shipping use_stripe_sdk + metadata`,
  webhook_endpoint: `api_version application created description enabled_events id livemode metadata object status url`,
  balance_transaction: `amount available_on balance_type created currency description exchange_rate fee fee_details id
    net object reporting_category source status type`,
  dispute: `amount balance_transactions charge created currency enhanced_eligibility_types evidence evidence_details id
    is_charge_refundable livemode metadata object payment_intent payment_method_details reason status
    + intended_submission_method`,
};

/** What was not expanded is an id. */
function idOf(reference: string | { id: string } | null): string {
  return typeof reference === "string" ? reference : (reference?.id ?? "");
}

let standin: StripeStandin;
let objects: Record<string, unknown>;

beforeAll(async () => {
  standin = await createStripeStandin({ port: 0 });
  const stripe = new Stripe("sk_test_x", { host: "127.0.0.1", port: standin.port, protocol: "http" });
  const payment_intent = await stripe.paymentIntents.create({
    amount: 2_000,
    currency: "usd",
    payment_method: "pm_card_visa",
    confirm: true,
    return_url: "https://shop.test/done",
  });
  const charge = await stripe.charges.retrieve(idOf(payment_intent.latest_charge));
  const refund = await stripe.refunds.create({ charge: charge.id, amount: 100 });
  const payment_method = await stripe.paymentMethods.retrieve(idOf(payment_intent.payment_method));
  const disputed = await fetch(`${standin.url}/_control/charges/${charge.id}/dispute`, { method: "POST" });
  objects = {
    payment_intent,
    charge,
    "charge.payment_method_details.card": charge.payment_method_details?.card,
    refund,
    event: (await stripe.events.list({ limit: 1 })).data[0],
    payment_method,
    "payment_method.card": payment_method.card,
    confirmation_token: await stripe.testHelpers.confirmationTokens.create({ payment_method: "pm_card_visa" }),
    webhook_endpoint: await stripe.webhookEndpoints.create({ url: "http://127.0.0.1:9/", enabled_events: ["*"] }),
    balance_transaction: await stripe.balanceTransactions.retrieve(idOf(charge.balance_transaction)),
    dispute: await disputed.json(),
  };
});
afterAll(() => standin.close());

test.each(Object.keys(FIELDS))("%s carries every field that Stripe's has", (name) => {
  const fields = (FIELDS[name] ?? "").split(/[\s+]+/);
  const object = objects[name];
  expect(object).toBeTypeOf("object");
  expect(fields.filter((field) => Reflect.get(Object(object), field) === undefined)).toEqual([]);
});
