import { testPaymentMethod } from "../payments/test-payment-methods.ts";
import type { Rendered, RenderingContext } from "../protocol/rendering.ts";
import type { DisputeRow } from "../state/rows.ts";

const EVIDENCE_DUE_S = 7 * 24 * 60 * 60;

const NO_EVIDENCE = {
  access_activity_log: null,
  appeal: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
};

export function dispute(row: DisputeRow, context: RenderingContext): Rendered {
  const charge = context.tables.of("charge").get(row.charge);
  const method = context.tables.of("payment_method").get(charge?.payment_method ?? "");
  const brand = testPaymentMethod(method?.behaves_as ?? "")?.brand ?? "visa";
  return {
    id: row.id,
    object: "dispute",
    amount: row.amount,
    balance_transactions: [],
    charge: row.charge,
    created: row.created,
    currency: row.currency,
    enhanced_eligibility_types: [],
    evidence: NO_EVIDENCE,
    evidence_details: {
      due_by: row.created + EVIDENCE_DUE_S,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: null,
    },
    intended_submission_method: null,
    is_charge_refundable: row.status === "won",
    livemode: false,
    metadata: {},
    payment_intent: row.payment_intent,
    payment_method_details: {
      card: { brand, case_type: "chargeback", network: brand, network_reason_code: "10.4" },
      type: "card",
    },
    reason: row.reason,
    status: row.status,
  };
}
