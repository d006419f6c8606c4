import { offeredTypes } from "../payments/method-types.ts";
import type { Rendered, RenderingContext } from "../protocol/rendering.ts";
import type { LastPaymentError, PaymentIntentRow } from "../state/rows.ts";
import { paymentMethod } from "./payment-method.ts";

export function paymentIntent(row: PaymentIntentRow, context: RenderingContext): Rendered {
  const automatic = row.automatic_payment_methods;
  return {
    id: row.id,
    object: "payment_intent",
    allowed_payment_method_types: row.allowed_payment_method_types,
    amount: row.amount,
    amount_capturable: row.amount_capturable,
    amount_details: { tip: {} },
    amount_received: row.amount_received,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: automatic === null ? null : { ...automatic, enabled: true },
    canceled_at: row.canceled_at,
    cancellation_reason: row.cancellation_reason,
    capture_method: row.capture_method,
    client_secret: clientSecret(row),
    confirmation_method: row.confirmation_method,
    created: row.created,
    currency: row.currency,
    customer: row.customer,
    customer_account: null,
    description: row.description,
    excluded_payment_method_types: null,
    last_payment_error: lastPaymentError(row.last_payment_error, context),
    latest_charge: row.latest_charge,
    livemode: false,
    managed_payments: { enabled: false },
    metadata: row.metadata,
    next_action: nextAction(row, context),
    on_behalf_of: null,
    payment_method: row.payment_method,
    payment_method_configuration_details: null,
    payment_method_options: paymentMethodOptions(offeredTypes(row)),
    payment_method_types: offeredTypes(row),
    payment_record: null,
    processing: null,
    receipt_email: row.receipt_email,
    review: null,
    setup_future_usage: row.setup_future_usage,
    shipping: row.shipping,
    source: null,
    statement_descriptor: row.statement_descriptor,
    statement_descriptor_suffix: row.statement_descriptor_suffix,
    status: row.status,
    transfer_data: null,
    transfer_group: row.transfer_group,
  };
}

export function clientSecret(row: PaymentIntentRow): string {
  return `${row.id}_secret_${row.secret}`;
}

/** With somewhere to return to the customer is sent away and back; without, Stripe.js does it in place. */
function nextAction(row: PaymentIntentRow, context: RenderingContext): Rendered | null {
  if (row.status !== "requires_action") return null;
  if (row.return_url === null) {
    return { type: "use_stripe_sdk", use_stripe_sdk: { type: "three_d_secure_redirect" } };
  }
  const url = `${context.base_url}/redirect/${row.id}?client_secret=${clientSecret(row)}`;
  return { type: "redirect_to_url", redirect_to_url: { return_url: row.return_url, url } };
}

function lastPaymentError(error: LastPaymentError | null, context: RenderingContext): Rendered | null {
  if (error === null) return null;
  const method =
    error.payment_method === null ? undefined : context.tables.of("payment_method").get(error.payment_method);
  return {
    type: error.type,
    code: error.code,
    message: error.message,
    doc_url: `https://docs.stripe.com/error-codes#${error.code.replaceAll("_", "-")}`,
    ...(error.decline_code === null ? {} : { decline_code: error.decline_code }),
    ...(error.charge === null ? {} : { charge: error.charge }),
    ...(method === undefined ? {} : { payment_method: paymentMethod(method) }),
  };
}

function paymentMethodOptions(types: readonly string[]): Rendered {
  if (!types.includes("card")) return {};
  return {
    card: { installments: null, mandate_options: null, network: null, request_three_d_secure: "automatic" },
  };
}
