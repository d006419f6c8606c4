import { z } from "zod";
import { invalid, unexpectedState } from "../protocol/errors.ts";
import { pageOf } from "../protocol/pagination.ts";
import {
  flag,
  given,
  identifier,
  ignored,
  integer,
  listing,
  mergeMetadata,
  metadata,
  parseParameters,
  text,
} from "../protocol/parameters.ts";
import type { Handler } from "../protocol/router.ts";
import { resourceReply } from "../protocol/router.ts";
import { newId, randomText } from "../state/ids.ts";
import type { IntentStatus, PaymentIntentRow } from "../state/rows.ts";
import type { Transaction } from "../state/store.ts";
import { carryOut, confirmationParameters, planConfirmation } from "./confirmation.ts";
import { existingIntent } from "./lookup.ts";
import { checkedAmount, checkedCurrency } from "./money.ts";
import type { ChosenMethod } from "./payment-methods.ts";
import { adoptMethod, chooseMethod } from "./payment-methods.ts";

const SECRET_CHARACTERS = 25;
/** While an intent is in one of these, what it asks for may still be changed. */
const CHANGEABLE: readonly IntentStatus[] = ["requires_payment_method", "requires_confirmation", "requires_action"];

const descriptive = {
  customer: identifier.optional(),
  description: z.string().max(1_000).optional(),
  metadata: metadata.optional(),
  statement_descriptor: z.string().max(22).optional(),
  statement_descriptor_suffix: z.string().max(22).optional(),
  transfer_group: z.string().max(200).optional(),
  capture_method: z.enum(["automatic", "automatic_async", "manual"]).optional(),
  application_fee_amount: ignored,
  on_behalf_of: ignored,
  payment_method_configuration: ignored,
  transfer_data: ignored,
};

const CREATE = z.strictObject({
  ...confirmationParameters,
  ...descriptive,
  amount: integer,
  currency: text,
  automatic_payment_methods: z
    .strictObject({ enabled: flag, allow_redirects: z.enum(["always", "never"]).optional() })
    .optional(),
  confirm: flag.default(false),
  confirmation_method: z.enum(["automatic", "manual"]).default("automatic"),
});

/** What says how to confirm, and is refused where nothing is confirmed. */
const WITH_CONFIRM_ONLY = ["return_url", "off_session", "error_on_requires_action", "confirmation_token"] as const;

export const createPaymentIntent: Handler = (transaction, call) => {
  const params = parseParameters(CREATE, call.params);
  const stray = params.confirm ? undefined : WITH_CONFIRM_ONLY.find((name) => params[name] !== undefined);
  if (stray !== undefined) {
    throw invalid(`The parameter '${stray}' cannot be used when creating a PaymentIntent unless confirm is true.`, {
      param: stray,
    });
  }
  const intent = newIntent(transaction, params);
  const chosen = chooseMethod(transaction, params);
  const plan = params.confirm ? planConfirmation(transaction, intent, params, { in_browser: false }) : null;
  const row = plan === null ? withMethod(transaction, intent, chosen) : intent;
  transaction.put("payment_intent", row);
  transaction.emit("payment_intent.created", ["payment_intent", row.id]);
  return resourceReply(
    { kind: "payment_intent", row: plan === null ? row : carryOut(transaction, plan) },
    params.expand,
  );
};

function newIntent(transaction: Transaction, params: z.infer<typeof CREATE>): PaymentIntentRow {
  const currency = checkedCurrency(params.currency);
  // Without any choice by the caller, Stripe takes what the dashboard has enabled (since version 2023-08-16).
  const allowed = params.allowed_payment_method_types ?? null;
  const automatic = params.automatic_payment_methods?.enabled ?? allowed === null;
  return {
    id: newId("pi"),
    created: transaction.now_s,
    secret: randomText(SECRET_CHARACTERS),
    status: "requires_payment_method",
    amount: checkedAmount(params.amount, currency),
    amount_received: 0,
    amount_capturable: 0,
    currency,
    metadata: mergeMetadata({}, params.metadata),
    capture_method: params.capture_method ?? "automatic_async",
    confirmation_method: params.confirmation_method,
    automatic_payment_methods: automatic
      ? { allow_redirects: params.automatic_payment_methods?.allow_redirects ?? "always" }
      : null,
    // Without a list and without automatic methods there are cards only.
    allowed_payment_method_types: allowed ?? (automatic ? null : ["card"]),
    payment_method: null,
    return_url: params.return_url ?? null,
    latest_charge: null,
    charges: [],
    last_payment_error: null,
    canceled_at: null,
    cancellation_reason: null,
    customer: params.customer ?? null,
    description: params.description ?? null,
    receipt_email: params.receipt_email ?? null,
    setup_future_usage: params.setup_future_usage ?? null,
    shipping: params.shipping ?? null,
    statement_descriptor: params.statement_descriptor ?? null,
    statement_descriptor_suffix: params.statement_descriptor_suffix ?? null,
    transfer_group: params.transfer_group ?? null,
  };
}

function withMethod(transaction: Transaction, intent: PaymentIntentRow, chosen: ChosenMethod | null): PaymentIntentRow {
  if (chosen === null) return intent;
  const method = adoptMethod(transaction, chosen, intent);
  return { ...intent, payment_method: method.id, status: "requires_confirmation" };
}

const RETRIEVE = z.strictObject({ expand: listing.expand, client_secret: text.optional() });

export const retrievePaymentIntent: Handler = (transaction, call) => {
  const params = parseParameters(RETRIEVE, call.params);
  return resourceReply({ kind: "payment_intent", row: existingIntent(transaction, call.id) }, params.expand);
};

const UPDATE = z.strictObject({
  ...confirmationParameters,
  ...descriptive,
  amount: integer.optional(),
  currency: text.optional(),
});

export const updatePaymentIntent: Handler = (transaction, call) => {
  const params = parseParameters(UPDATE, call.params);
  const intent = existingIntent(transaction, call.id);
  for (const name of ["amount", "currency", "payment_method", "capture_method"] as const) {
    if (params[name] !== undefined && !CHANGEABLE.includes(intent.status)) throw unchangeable(intent, name);
  }
  const currency = params.currency === undefined ? intent.currency : checkedCurrency(params.currency);
  const amount = checkedAmount(params.amount ?? intent.amount, currency);
  const chosen = chooseMethod(transaction, params);
  const row = transaction.put("payment_intent", {
    ...withMethod(transaction, intent, chosen),
    amount,
    currency,
    metadata: mergeMetadata(intent.metadata, params.metadata),
    capture_method: params.capture_method ?? intent.capture_method,
    customer: params.customer ?? intent.customer,
    description: params.description ?? intent.description,
    allowed_payment_method_types: params.allowed_payment_method_types ?? intent.allowed_payment_method_types,
    receipt_email: given(params.receipt_email, intent.receipt_email),
    setup_future_usage: given(params.setup_future_usage, intent.setup_future_usage),
    shipping: given(params.shipping, intent.shipping),
    transfer_group: params.transfer_group ?? intent.transfer_group,
  });
  return resourceReply({ kind: "payment_intent", row }, params.expand);
};

function unchangeable(intent: PaymentIntentRow, name: string): Error {
  return unexpectedState(
    `This PaymentIntent's ${name} could not be updated because it has a status of ${intent.status}. You may only ` +
      `update the ${name} of a PaymentIntent with one of the following statuses: ${CHANGEABLE.join(", ")}.`,
    { code: "payment_intent_unexpected_state", payment_intent: intent.id, param: name },
  );
}

const LIST = z.strictObject({ ...listing, customer: identifier.optional() });

export const listPaymentIntents: Handler = (transaction, call) => {
  const params = parseParameters(LIST, call.params);
  const page = pageOf(
    transaction.tables.of("payment_intent"),
    params,
    (row) => params.customer === undefined || row.customer === params.customer,
  );
  return {
    kind: "list",
    url: "/v1/payment_intents",
    objects: page.rows.map((row) => ({ kind: "payment_intent", row })),
    has_more: page.has_more,
    expand: params.expand,
  };
};
