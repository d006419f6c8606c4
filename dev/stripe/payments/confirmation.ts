import { z } from "zod";
import { invalid, unexpectedState } from "../protocol/errors.ts";
import { expand, flag, given, ignored, integer, parseParameters, text, unsettable } from "../protocol/parameters.ts";
import type { Handler } from "../protocol/router.ts";
import { resourceReply } from "../protocol/router.ts";
import type { IntentStatus, PaymentIntentRow } from "../state/rows.ts";
import type { Transaction } from "../state/store.ts";
import { attempt } from "./attempts.ts";
import { existingIntent } from "./lookup.ts";
import type { ChosenMethod } from "./payment-methods.ts";
import { adoptMethod, chooseMethod, chosenById, methodParameters } from "./payment-methods.ts";
import { checkOffered, mayRedirect } from "./method-types.ts";
import { testPaymentMethod } from "./test-payment-methods.ts";
import { shipping } from "./shipping.ts";

const CONFIRMABLE: readonly IntentStatus[] = ["requires_payment_method", "requires_confirmation", "requires_action"];

const METHOD_TYPES_MAX = 60;
const methodTypes = z.array(z.string().min(1).max(60)).min(1).max(METHOD_TYPES_MAX);

/** The parameters that creating with `confirm=true` shares with confirming. */
export const confirmationParameters = {
  ...methodParameters,
  return_url: text.optional(),
  /** `one_off` and `recurring` are older ways to say true. */
  off_session: z.enum(["true", "false", "one_off", "recurring"]).optional(),
  error_on_requires_action: flag.optional(),
  receipt_email: unsettable(z.string().max(254)),
  setup_future_usage: unsettable(z.enum(["off_session", "on_session"])),
  shipping: unsettable(shipping),
  allowed_payment_method_types: methodTypes.optional(),
  amount_details: ignored,
  excluded_payment_method_types: ignored,
  hooks: ignored,
  payment_details: ignored,
  mandate: ignored,
  mandate_data: ignored,
  payment_method_options: ignored,
  radar_options: ignored,
  use_stripe_sdk: ignored,
  expand,
};
type ConfirmationParameters = z.infer<z.ZodObject<typeof confirmationParameters>>;

const CONFIRM = z.strictObject({
  ...confirmationParameters,
  amount_to_confirm: integer.optional(),
  capture_method: z.enum(["automatic", "automatic_async", "manual"]).optional(),
  /** With a publishable key, Stripe.js proves with it that the intent is its own. */
  client_secret: text.optional(),
});

export const confirmPaymentIntent: Handler = confirmation({ in_browser: false });

/** As Stripe.js does it for the customer, who is there to authenticate and to be sent back to the page. */
export const confirmInBrowser: Handler = confirmation({ in_browser: true });

function confirmation({ in_browser }: { in_browser: boolean }): Handler {
  return (transaction, call) => {
    const params = parseParameters(CONFIRM, call.params);
    const intent = existingIntent(transaction, call.id);
    assertConfirmable(intent);
    assertSecret(intent, params.client_secret);
    if (params.amount_to_confirm !== undefined && params.amount_to_confirm !== intent.amount) {
      throw invalid("The amount_to_confirm is not the amount of this PaymentIntent.", { param: "amount_to_confirm" });
    }
    const changed = { ...intent, ...changes(intent, params) };
    const plan = planConfirmation(transaction, changed, params, { in_browser });
    return resourceReply({ kind: "payment_intent", row: carryOut(transaction, plan) }, params.expand);
  };
}

export type ConfirmationPlan = {
  readonly intent: PaymentIntentRow;
  readonly chosen: ChosenMethod;
  readonly unattended: boolean;
};

/** Checks all that can be refused before anything is written. */
export function planConfirmation(
  transaction: Transaction,
  intent: PaymentIntentRow,
  params: ConfirmationParameters,
  { in_browser }: { in_browser: boolean },
): ConfirmationPlan {
  const chosen =
    chooseMethod(transaction, params) ??
    (intent.payment_method === null ? null : chosenById(transaction, intent.payment_method));
  if (chosen === null) {
    throw unexpectedState(
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the " +
        "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a " +
        "payment method or ConfirmationToken.",
      { code: "payment_intent_unexpected_state" },
    );
  }
  const return_url = params.return_url ?? chosen.token?.return_url ?? intent.return_url;
  checkOffered(intent, testPaymentMethod(chosen.behaves_as)?.type ?? "card");
  if (!in_browser && return_url === null && mayRedirect(intent)) {
    throw invalid(
      "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of " +
        "these payment methods might redirect your customer off of your page, you must provide a `return_url`. " +
        "If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to " +
        "`true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and " +
        "Payment Intents.",
    );
  }
  const off_session = params.off_session !== undefined && params.off_session !== "false";
  const unattended = off_session || params.error_on_requires_action === true;
  return { intent: { ...intent, return_url }, chosen, unattended };
}

export function carryOut(transaction: Transaction, { intent, chosen, unattended }: ConfirmationPlan): PaymentIntentRow {
  return attempt(transaction, intent, { method: adoptMethod(transaction, chosen, intent), unattended });
}

function changes(intent: PaymentIntentRow, params: z.infer<typeof CONFIRM>): Partial<PaymentIntentRow> {
  return {
    capture_method: params.capture_method ?? intent.capture_method,
    allowed_payment_method_types: params.allowed_payment_method_types ?? intent.allowed_payment_method_types,
    receipt_email: given(params.receipt_email, intent.receipt_email),
    shipping: given(params.shipping, intent.shipping),
    setup_future_usage: given(params.setup_future_usage, intent.setup_future_usage),
  };
}

function assertConfirmable(intent: PaymentIntentRow): void {
  if (CONFIRMABLE.includes(intent.status)) return;
  const message =
    intent.status === "succeeded"
      ? "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed."
      : `You cannot confirm this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent ` +
        `with one of the following statuses may be confirmed: ${CONFIRMABLE.join(", ")}.`;
  throw unexpectedState(message, { code: "payment_intent_unexpected_state", payment_intent: intent.id });
}

function assertSecret(intent: PaymentIntentRow, client_secret: string | undefined): void {
  if (client_secret === undefined || client_secret === `${intent.id}_secret_${intent.secret}`) return;
  throw invalid("The client_secret provided does not match any associated PaymentIntent on this account.", {
    code: "payment_intent_invalid_parameter",
    param: "client_secret",
  });
}
