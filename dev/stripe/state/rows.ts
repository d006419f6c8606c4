/**
 * What is kept in memory, one lean row per object. Whole Stripe objects are rendered from these on the way out
 * (see `../templates`), because a rendered payment intent is about five times as large as its row.
 *
 * Rows are immutable: a change puts a new row in the place of the old one. An event can therefore keep the row
 * as it was at that moment by holding on to it, without a copy. Times are whole seconds since 1970, as in
 * Stripe's API; amounts are minor units of `currency`.
 */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };
export type Metadata = Readonly<Record<string, string>>;

export type IntentStatus =
  | "requires_payment_method"
  | "requires_confirmation"
  | "requires_action"
  | "processing"
  | "requires_capture"
  | "canceled"
  | "succeeded";

/** Why an attempt failed, in the words of Stripe's error object. */
export type Failure = {
  readonly type: "card_error" | "invalid_request_error";
  readonly code: string;
  readonly decline_code: string | null;
  readonly message: string;
};

export type LastPaymentError = Failure & {
  readonly charge: string | null;
  readonly payment_method: string | null;
};

export type PaymentIntentRow = {
  readonly id: string;
  readonly created: number;
  readonly secret: string;
  readonly status: IntentStatus;
  readonly amount: number;
  readonly amount_received: number;
  readonly amount_capturable: number;
  readonly currency: string;
  readonly metadata: Metadata;
  readonly capture_method: "automatic" | "automatic_async" | "manual";
  readonly confirmation_method: "automatic" | "manual";
  /** `null` when the caller turned them off, or said itself which types are allowed. */
  readonly automatic_payment_methods: { readonly allow_redirects: "always" | "never" } | null;
  /** What the caller allows; `null` leaves it to the dashboard. */
  readonly allowed_payment_method_types: readonly string[] | null;
  readonly payment_method: string | null;
  readonly return_url: string | null;
  readonly latest_charge: string | null;
  /** Every attempt, oldest first, so that charges are found without a scan. */
  readonly charges: readonly string[];
  readonly last_payment_error: LastPaymentError | null;
  readonly canceled_at: number | null;
  readonly cancellation_reason: string | null;
  readonly customer: string | null;
  readonly description: string | null;
  readonly receipt_email: string | null;
  readonly setup_future_usage: string | null;
  readonly shipping: JsonObject | null;
  readonly statement_descriptor: string | null;
  readonly statement_descriptor_suffix: string | null;
  readonly transfer_group: string | null;
};

export type ChargeRow = {
  readonly id: string;
  readonly created: number;
  readonly status: "succeeded" | "pending" | "failed";
  readonly amount: number;
  readonly amount_captured: number;
  readonly amount_refunded: number;
  readonly captured: boolean;
  readonly currency: string;
  readonly payment_intent: string;
  readonly payment_method: string;
  readonly customer: string | null;
  readonly description: string | null;
  readonly receipt_email: string | null;
  readonly metadata: Metadata;
  readonly shipping: JsonObject | null;
  readonly failure: Failure | null;
  readonly refunds: readonly string[];
  readonly dispute: string | null;
};

export type RefundRow = {
  readonly id: string;
  readonly created: number;
  readonly status: "succeeded" | "pending" | "failed";
  readonly amount: number;
  readonly currency: string;
  readonly charge: string;
  readonly payment_intent: string;
  readonly reason: string | null;
  readonly metadata: Metadata;
};

export type DisputeRow = {
  readonly id: string;
  readonly created: number;
  readonly status: "needs_response" | "won" | "lost";
  readonly amount: number;
  readonly currency: string;
  readonly charge: string;
  readonly payment_intent: string;
  readonly reason: string;
};

export type PaymentMethodRow = {
  readonly id: string;
  readonly created: number;
  /** The documented test name that decides how it behaves, such as `pm_card_visa`. */
  readonly behaves_as: string;
  readonly customer: string | null;
  readonly metadata: Metadata;
};

export type ConfirmationTokenRow = {
  readonly id: string;
  readonly created: number;
  readonly behaves_as: string;
  readonly return_url: string | null;
  readonly setup_future_usage: string | null;
  readonly shipping: JsonObject | null;
  /** The intent that used it up. */
  readonly payment_intent: string | null;
};

export type WebhookEndpointRow = {
  readonly id: string;
  readonly created: number;
  readonly url: string;
  readonly secret: string;
  /** Signs beside `secret` while it is being rolled. */
  readonly previous_secret: string | null;
  readonly enabled_events: readonly string[];
  readonly api_version: string | null;
  readonly status: "enabled" | "disabled";
  readonly description: string | null;
  readonly metadata: Metadata;
};

/** The rows by the name that Stripe gives the object in its `object` field. */
export type Rows = {
  payment_intent: PaymentIntentRow;
  charge: ChargeRow;
  refund: RefundRow;
  dispute: DisputeRow;
  payment_method: PaymentMethodRow;
  confirmation_token: ConfirmationTokenRow;
  webhook_endpoint: WebhookEndpointRow;
};
export type Kind = keyof Rows;

/** A row together with what it is. */
export type Resource = { [K in Kind]: { readonly kind: K; readonly row: Rows[K] } }[Kind];

/** `data.object` of an event; `raw` is what the control path was given to send. */
export type Subject = Resource | { readonly kind: "raw"; readonly row: JsonObject };

export type EventRow = {
  readonly id: string;
  readonly created: number;
  readonly type: string;
  readonly subject: Subject;
  readonly previous_attributes: JsonObject | null;
  readonly request_id: string | null;
  readonly idempotency_key: string | null;
  /** The endpoints that it was for when it happened. */
  readonly endpoints: readonly string[];
};
