import type Stripe from "stripe";
import type { Chargeable, FactReply } from "../../durable-objects/order/commands.ts";
import type { OrdersMessage, PaymentsMessage } from "../domain/messages.ts";
import type { StampedPaymentFact } from "../domain/order-record.ts";
import type { QueueSight } from "../domain/throttle.ts";
import { log } from "../platform/log.ts";
import { callObject } from "../platform/object-call.ts";
import { sleep } from "../platform/backoff.ts";
import { CallLanes } from "./call-lanes.ts";
import { CallNotes } from "./call-notes.ts";
import { readSettings, type Settings } from "./settings.ts";
import { SlotPool } from "./slots.ts";
import { stripeClient } from "./stripe-client.ts";
import type { Readers } from "./webhook-events.ts";
import { READERS } from "./webhook-readers.ts";

/** What the handlers of one batch work with. */
export interface PaymentContext {
  readonly settings: Settings;
  readonly stripe: Stripe;
  readonly slots: SlotPool;
  readonly lanes: CallLanes;
  readonly calls: CallNotes;
  /** What is done about each type of Stripe's events. */
  readonly readers: Readers;
  readonly ordersQueue: Pick<Queue<OrdersMessage>, "send">;
  readonly paymentsQueue: Pick<Queue<PaymentsMessage>, "send">;
  /** The order is the truth: whether this attempt is still to be charged, and what. */
  chargeable(orderId: string, attempt: number): Promise<Chargeable>;
  /** Enters a fact in its order, which counts each once. */
  applyFact(orderId: string, fact: StampedPaymentFact): Promise<FactReply>;
  /** Whether one more call that nobody can vouch for may be written down. */
  mayKeepRefusal(): Promise<boolean>;
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** One per PSP account; this shop has one. */
const PSP_ACCOUNT = "stripe";

/**
 * Cloudflare lets six connections of an invocation wait for an answer and queues the rest, while the SDK's time-out of a queued call is
 * already running: it would end as "indefinite" without ever having been sent. One is left for the sends.
 */
const CALLS_IN_FLIGHT = 5;

/** Of this isolate, by its environment, which never changes: a client is some hundred objects, and a webhook hardly needs one of them. */
const clients = new WeakMap<PaymentsEnv, Pick<PaymentContext, "settings" | "stripe">>();

function clientOf(env: PaymentsEnv): Pick<PaymentContext, "settings" | "stripe"> {
  const known = clients.get(env);
  if (known) return known;
  const settings = readSettings(env);
  const made = { settings, stripe: stripeClient(settings) };
  clients.set(env, made);
  return made;
}

/**
 * `calls` is how many Stripe calls are expected, so that their slots are taken together; `sight` what a batch tells of the queue that it came
 * from. The throttle is told once per batch: repeats within it are not the queue moving.
 */
export function paymentContext(env: PaymentsEnv, calls: number, sight?: QueueSight): PaymentContext {
  let untold = sight;
  const notes = new CallNotes(env.PSP_POINTS);
  const throttle = {
    take: (n: number) => {
      const told = untold;
      untold = undefined;
      const ended = notes.takeUntold();
      return callObject(() => env.PAYMENT_THROTTLE.getByName(PSP_ACCOUNT).take(n, told, ended));
    },
    backOff: (ms: number) => callObject(() => env.PAYMENT_THROTTLE.getByName(PSP_ACCOUNT).backOff(ms)),
  };
  return {
    ...clientOf(env),
    slots: new SlotPool(throttle, calls, Date.now),
    lanes: new CallLanes(CALLS_IN_FLIGHT),
    calls: notes,
    readers: READERS,
    ordersQueue: env.ORDERS_QUEUE,
    paymentsQueue: env.PAYMENTS_QUEUE,
    chargeable: (orderId, attempt) => callObject(() => env.ORDER.getByName(orderId).chargeable(attempt)),
    applyFact: (orderId, fact) => callObject(() => env.ORDER.getByName(orderId).apply(fact)),
    mayKeepRefusal: () => mayKeepRefusal(env),
    now: Date.now,
    sleep,
  };
}

/** One count for everybody: who forges calls has as many addresses as it likes. A limiter that fails costs rows, not the record. */
async function mayKeepRefusal(env: PaymentsEnv): Promise<boolean> {
  try {
    return (await env.REFUSAL_LIMIT.limit({ key: "refused" })).success;
  } catch (error) {
    log("warn", "rate_limiter_failed", { error: String(error) });
    return true;
  }
}

/** Adds the calls of this invocation that the throttle has not heard of to the account that it keeps; only figures, so a failure costs nothing else. */
export async function reportCalls(env: PaymentsEnv, { calls }: PaymentContext): Promise<void> {
  const untold = calls.takeUntold();
  if (untold.length === 0) return;
  try {
    await env.PAYMENT_THROTTLE.getByName(PSP_ACCOUNT).report(untold);
  } catch (error) {
    log("warn", "calls_not_reported", { error: String(error) });
  }
}
