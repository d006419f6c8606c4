import type { TestPaymentMethod } from "../payments/test-payment-methods.ts";
import { testPaymentMethod } from "../payments/test-payment-methods.ts";
import { chargeTransactionId } from "../payments/balance-transactions.ts";
import type { Rendered, RenderingContext } from "../protocol/rendering.ts";
import type { ChargeRow } from "../state/rows.ts";
import { EMPTY_ADDRESS, cardExpiry, fingerprintOf } from "./payment-method.ts";
import { refund } from "./refund.ts";

export function charge(row: ChargeRow, context: RenderingContext): Rendered {
  return {
    id: row.id,
    object: "charge",
    amount: row.amount,
    amount_captured: row.amount_captured,
    amount_refunded: row.amount_refunded,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: chargeTransactionId(row),
    billing_details: { address: EMPTY_ADDRESS, email: null, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: "BREAKWATER STAND-IN",
    captured: row.captured,
    created: row.created,
    currency: row.currency,
    customer: row.customer,
    description: row.description,
    disputed: row.dispute !== null,
    failure_balance_transaction: null,
    failure_code: row.failure?.code ?? null,
    failure_message: row.failure?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: row.metadata,
    on_behalf_of: null,
    outcome: outcome(row),
    paid: row.status !== "failed",
    payment_intent: row.payment_intent,
    payment_method: row.payment_method,
    payment_method_details: paymentMethodDetails(row, context),
    receipt_email: row.receipt_email,
    receipt_number: null,
    receipt_url: null,
    refunded: row.amount_refunded > 0 && row.amount_refunded >= (row.captured ? row.amount_captured : row.amount),
    refunds: refunds(row, context),
    review: null,
    shipping: row.shipping,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: row.status,
    transfer_data: null,
    transfer_group: null,
  };
}

function refunds(row: ChargeRow, context: RenderingContext): Rendered {
  const rows = row.refunds.map((id) => context.tables.of("refund").get(id)).filter((found) => found !== undefined);
  return {
    object: "list",
    data: rows.map((found) => refund(found, context)).toReversed(),
    has_more: false,
    url: `/v1/charges/${row.id}/refunds`,
  };
}

function outcome(row: ChargeRow): Rendered {
  const base = { advice_code: null, network_advice_code: null, network_decline_code: null };
  if (row.failure !== null) {
    return {
      ...base,
      network_status: "declined_by_network",
      reason: row.failure.decline_code ?? row.failure.code,
      risk_level: "normal",
      seller_message: "The bank did not return any further details with this decline.",
      type: "issuer_declined",
    };
  }
  return {
    ...base,
    network_status: "approved_by_network",
    reason: null,
    risk_level: "normal",
    seller_message: "Payment complete.",
    type: "authorized",
  };
}

function paymentMethodDetails(row: ChargeRow, context: RenderingContext): Rendered {
  const behaves_as = context.tables.of("payment_method").get(row.payment_method)?.behaves_as;
  const method = testPaymentMethod(behaves_as ?? "pm_card_visa");
  if (method === undefined || method.type === "card") {
    return { type: "card", card: method === undefined ? {} : card(row, method) };
  }
  return {
    type: method.type,
    [method.type]: { fingerprint: fingerprintOf(method), last4: method.last4, mandate: null },
  };
}

function card(row: ChargeRow, method: TestPaymentMethod): Rendered {
  const authenticated = method.behaviour.kind === "authenticated";
  return {
    amount_authorized: row.failure === null ? row.amount : null,
    authorization_code: row.failure === null ? "123456" : null,
    brand: method.brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
    country: "US",
    electronic_commerce_indicator: null,
    ...cardExpiry(row.created),
    extended_authorization: { status: "disabled" },
    fingerprint: fingerprintOf(method),
    funding: "credit",
    incremental_authorization: { status: "unavailable" },
    installments: null,
    last4: method.last4,
    mandate: null,
    multicapture: { status: "unavailable" },
    network: method.brand,
    network_token: { used: false },
    network_transaction_id: null,
    overcapture: { maximum_amount_capturable: row.amount, status: "unavailable" },
    regulated_status: "unregulated",
    setup_credential_usage: null,
    stored_credential_usage: null,
    three_d_secure: authenticated ? THREE_D_SECURE : null,
    transaction_link_id: null,
    wallet: null,
  };
}

const THREE_D_SECURE = {
  authentication_flow: "challenge",
  electronic_commerce_indicator: "05",
  exemption_indicator: null,
  result: "authenticated",
  result_reason: null,
  transaction_id: null,
  version: "2.2.0",
};
