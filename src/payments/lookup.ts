import type { PaymentsMessage } from "../domain/messages.ts";
import { log } from "../platform/log.ts";
import type { Verdict } from "../platform/queue-batch.ts";
import type { PaymentContext } from "./context.ts";
import { apiFact, reportFact, stamp } from "./facts.ts";
import { factOfIntent } from "./outcome.ts";
import { attemptOf } from "./ownership.ts";
import { callStripe } from "./stripe-call.ts";
import { verdictOf } from "./verdicts.ts";

export type LookUpMessage = Extract<PaymentsMessage, { type: "payment.lookup" }>;

/** Reads a PaymentIntent whose webhook may have been lost on our side, and tells its order what is true now. */
export async function lookUp(message: LookUpMessage, attempts: number, context: PaymentContext): Promise<Verdict> {
  const { orderId, intent } = message;
  const result = await callStripe(context, "payment_intents.retrieve", () =>
    context.stripe.paymentIntents.retrieve(intent),
  );
  // Through an outage of hours each order would have dozens of them on their way, before which refunds and charges had to wait.
  if (result.kind === "indefinite" && message.recurs) return dropped(message, result.message);
  if (result.kind !== "answered") return verdictOf("lookup", result, message, attempts, context);
  const fact = factOfIntent(result.value);
  if (!fact) log("error", "intent_status_unknown", { orderId, intent, status: result.value.status });
  else {
    const stamped = stamp(fact, attemptOf(result.value.metadata), result.startedAt);
    await reportFact(context, apiFact(message, stamped));
  }
  return "ack";
}

function dropped({ orderId, intent, requestId }: LookUpMessage, error: string): Verdict {
  log("warn", "lookup_dropped", { orderId, intent, requestId, error });
  return "ack";
}
