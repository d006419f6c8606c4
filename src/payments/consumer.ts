import { paymentsMessageSchema, type PaymentsMessage } from "../domain/messages.ts";
import { consumeBatch, type RawBatch, type Verdict } from "../platform/queue-batch.ts";
import { cancel } from "./cancel.ts";
import { charge } from "./charge.ts";
import type { PaymentContext } from "./context.ts";
import { lookUp } from "./lookup.ts";
import { refund } from "./refund.ts";
import { resolve } from "./resolve.ts";

/** A batch is handled at once: the throttle spaces its calls out, and `CallLanes` bounds how many wait for Stripe. */
const MESSAGES_IN_FLIGHT = 20;

export async function consumePayments(batch: RawBatch, context: PaymentContext): Promise<void> {
  await consumeBatch(batch, paymentsMessageSchema, MESSAGES_IN_FLIGHT, ({ body, message }) =>
    handle(body, message.attempts, context),
  );
}

/** `attempts` counts deliveries of the message, not attempts to charge. */
function handle(message: PaymentsMessage, attempts: number, context: PaymentContext): Promise<Verdict> {
  switch (message.type) {
    case "payment.charge":
      return charge(message, attempts, context);
    case "payment.resolve":
      return resolve(message, attempts, context);
    case "payment.lookup":
      return lookUp(message, attempts, context);
    case "payment.cancel":
      return cancel(message, attempts, context);
    case "payment.refund":
      return refund(message, attempts, context);
  }
}
