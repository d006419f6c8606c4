/** The payments Worker with its bindings written down, and events as Stripe signs them. Not a test itself. */
import Stripe from "stripe";
import { ordersMessageSchema, paymentsMessageSchema } from "../../src/domain/messages.ts";
import { ok, refuse } from "../../src/domain/result.ts";
import { app } from "../../src/payments/app.ts";
import { openD1 } from "./payments-d1.ts";

export const ORDER = "ord_0198a7e6-6a8f-7c3b-9b1d-1f2e3d4c5b6a";
export const SECRET = "whsec_current";
export const CREATED = 1_790_000_000;

export const intent = (status: string, changes: object = {}): object => ({
  id: "pi_1",
  object: "payment_intent",
  status,
  amount_received: status === "succeeded" ? 2_499 : 0,
  currency: "usd",
  client_secret: "pi_1_secret",
  metadata: { order_id: ORDER, attempt: "2", order_number: "BW-1" },
  ...changes,
});
export const refund = (status: string, changes: object = {}): object => ({
  id: "re_1",
  object: "refund",
  status,
  amount: 500,
  currency: "usd",
  payment_intent: "pi_1",
  metadata: { order_id: ORDER },
  ...changes,
});
export const event = (type: string, object: unknown, changes: object = {}): string =>
  JSON.stringify({
    id: "evt_1",
    object: "event",
    type,
    created: CREATED,
    livemode: false,
    data: { object },
    ...changes,
  });

export const sign = (payload: string, secret = SECRET, timestamp = Math.floor(Date.now() / 1_000)): string =>
  Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });

/**
 * The Worker's bindings. `told` is what orders took themselves, `sent` what waits for them in the queue, `rows` what D1 was given to keep. `knows`:
 * whether the shop has the order; an error is an order that cannot be asked.
 */
export function bindings(
  options: {
    queueFails?: boolean;
    databaseFails?: boolean;
    knows?: boolean | Error;
    /** What the coordinator of the path says. */
    epoch?: number;
    /** Refused calls that are kept before the limiter says no; an error is a limiter that fails. */
    refusalsKept?: number | Error;
  } = {},
) {
  let refusals = 0;
  const limit = async () => {
    if (options.refusalsKept instanceof Error) throw options.refusalsKept;
    return { success: ++refusals <= (options.refusalsKept ?? Infinity) };
  };
  const reported: unknown[] = [];
  const sent: unknown[] = [];
  const looked: unknown[] = [];
  const { db, rejected, causes } = openD1({ fails: options.databaseFails ?? false });
  const told: { orderId: string; fact: object }[] = [];
  const apply = async (orderId: string, fact: object) => {
    if (options.knows instanceof Error) throw options.knows;
    if (options.knows === false) return refuse({ reason: "unknown_order" });
    told.push({ orderId, fact });
    return ok({ applied: true, state: "paid", version: 3 });
  };
  const env = {
    DB: db,
    ORDERS_QUEUE: {
      send: async (message: unknown) => {
        if (options.queueFails) throw new Error("Queue is overloaded");
        // Whatever is sent must be what the other side reads.
        sent.push(ordersMessageSchema.parse(message));
      },
    },
    PAYMENTS_QUEUE: {
      send: async (message: unknown) => {
        if (options.queueFails) throw new Error("Queue is overloaded");
        looked.push(paymentsMessageSchema.parse(message));
      },
    },
    FLAG_COORDINATOR: { getByName: () => ({ fence: async () => ({ epoch: options.epoch ?? 1, open: true }) }) },
    ORDER: {
      getByName: (orderId: string) => ({ apply: (fact: object) => apply(orderId, fact) }),
    },
    PAYMENT_THROTTLE: {
      getByName: () => ({
        take: async () => ({ delaysMs: [0] }),
        backOff: async () => {},
        report: async (calls: readonly unknown[]) => void reported.push(...calls),
      }),
    },
    PSP_POINTS: { writeDataPoint: () => {} },
    REFUSAL_LIMIT: { limit },
    STRIPE_SECRET_KEY: "sk_test_1",
    STRIPE_WEBHOOK_SECRET: `whsec_next ${SECRET}`,
    STRIPE_API_BASE: "",
    PSP_SETTLE_MS: "90000",
    PSP_TIMEOUT_MS: "1000",
  };
  return { env, told, sent, looked, reported, rows: rejected, causes };
}

interface Received {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

export async function receive(
  env: object,
  body: string,
  signature: string | undefined = sign(body),
  internal: Readonly<Record<string, string>> = {},
): Promise<Received> {
  const headers = {
    ...internal,
    "x-request-id": "req-7",
    cookie: "session=1",
    ...(signature !== "" && { "stripe-signature": signature }),
  };
  const later: Promise<unknown>[] = [];
  const ctx = {
    waitUntil: (work: Promise<unknown>) => void later.push(work),
    passThroughOnException: () => {},
    props: {},
  };
  // SAFETY: all that is asked of it here.
  const call = ctx as unknown as ExecutionContext;
  const response = await app.request("/webhooks/stripe", { method: "POST", body, headers }, env, call);
  await Promise.all(later);
  return { status: response.status, body: await response.json(), headers: response.headers };
}
