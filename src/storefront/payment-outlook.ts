import type { Order } from "../domain/order-record.ts";
import { log } from "../platform/log.ts";

/** The throttle is asked at most this often by one isolate, however many shoppers watch their orders. */
const OUTLOOK_TTL_MS = 1_000;
let known = { waitMs: 0, at: 0 };

/**
 * In how many seconds the charge of this order may be expected, while it waits for its turn at the payment provider; `undefined` when it
 * waits for nothing. An estimate: what the charges that are made now have waited, less what this one already has.
 */
export async function secondsToPayment(env: StorefrontEnv, order: Order, now: number): Promise<number | undefined> {
  if (order.state !== "awaiting_payment" || order.payment.status !== "queued") return undefined;
  if (now - known.at >= OUTLOOK_TTL_MS) known = { waitMs: await outlook(env), at: now };
  return Math.max(1, Math.ceil((known.waitMs - (now - order.placedAt)) / 1_000));
}

/** An estimate is not worth a failed request. */
async function outlook(env: StorefrontEnv): Promise<number> {
  try {
    return (await env.PAYMENT_THROTTLE.getByName("stripe").outlook()).waitMs;
  } catch (error) {
    log("warn", "outlook_failed", { error: String(error) });
    return known.waitMs;
  }
}
