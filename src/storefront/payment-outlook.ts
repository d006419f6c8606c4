import { ageMs } from "../domain/age.ts";
import type { Order } from "../domain/order-record.ts";
import { type Outlook, remainingMs } from "../domain/throttle.ts";
import { log } from "../platform/log.ts";

/** The throttle is asked at most this often by one isolate, however many shoppers watch their orders. */
const OUTLOOK_TTL_MS = 1_000;
let known: { readonly outlook: Outlook; readonly at: number } = { outlook: { waitMs: 0, queueMs: 0 }, at: 0 };

/**
 * In how many seconds the charge of this order may be expected, while it waits for its turn at the payment provider; `undefined` when it
 * waits for nothing. An estimate, from the length of the queue and the pace at which it has been moving.
 */
export async function secondsToPayment(env: StorefrontEnv, order: Order, now: number): Promise<number | undefined> {
  if (order.state !== "awaiting_payment" || order.payment.status !== "queued") return undefined;
  if (ageMs(known.at, now) >= OUTLOOK_TTL_MS) known = { outlook: await outlook(env), at: now };
  return Math.max(1, Math.ceil(remainingMs(known.outlook, now - order.placedAt) / 1_000));
}

/** An estimate is not worth a failed request. */
async function outlook(env: StorefrontEnv): Promise<Outlook> {
  try {
    return await env.PAYMENT_THROTTLE.getByName("stripe").outlook();
  } catch (error) {
    log("warn", "outlook_failed", { error: String(error) });
    return known.outlook;
  }
}
