/**
 * The surroundings of the payments consumer: the real SDK against a scripted `fetch`, with queues, throttle and clock that are written down.
 * Not a test itself.
 */
import Stripe from "stripe";
import type { Chargeable, FactReply } from "../../durable-objects/order/commands.ts";
import { ok } from "../../src/domain/result.ts";
import { CallLanes } from "../../src/payments/call-lanes.ts";
import { CallNotes } from "../../src/payments/call-notes.ts";
import type { Charge } from "../../src/payments/charge.ts";
import { consumePayments } from "../../src/payments/consumer.ts";
import type { PaymentContext } from "../../src/payments/context.ts";
import { SlotPool } from "../../src/payments/slots.ts";

export const ORDER = "ord_0198a7e6-6a8f-7c3b-9b1d-1f2e3d4c5b6a";
export const NOW = 1_800_000_000_500;
export const SECOND = Math.floor(NOW / 1_000);

interface Request {
  readonly line: string;
  readonly key: string | null;
  readonly params: Record<string, string>;
}
type Answer = { status?: number; body: unknown; headers?: Record<string, string> } | Error;
type Script = (request: Request, call: number) => Answer | Promise<Answer>;

export const intent = (status: string, changes: object = {}): object => ({
  id: "pi_1",
  object: "payment_intent",
  status,
  created: SECOND - 3,
  amount_received: status === "succeeded" ? 2_499 : 0,
  currency: "usd",
  client_secret: "pi_1_secret",
  next_action: null,
  last_payment_error: null,
  metadata: { order_id: ORDER, attempt: "1" },
  ...changes,
});
export const list = (...data: object[]): Answer => ({ body: { object: "list", data, has_more: false, url: "/v1" } });
export const failing = (status: number, error: object = {}, headers = {}): Answer => ({
  status,
  headers,
  body: { error: { type: "api_error", message: "m", ...error } },
});
export const order: Charge = {
  charge: true,
  amount: 2_499,
  currency: "USD",
  number: "BW-1",
  cartId: "cart_1",
  method: { kind: "payment_method", id: "pm_card_visa" },
  email: "a@example.com",
};

/** Everything around the consumer. `delays` are what the throttle says to the calls in turn, in ms. */
export function world(
  script: Script,
  options: { chargeable?: Chargeable; delays?: number[]; sendFails?: boolean; orderAnswers?: FactReply | Error } = {},
) {
  const { chargeable = order, delays = [], sendFails = false } = options;
  const requests: Request[] = [];
  /** What the order was told and took, and what waits for it in the queue. */
  const facts: { orderId: string; fact: object }[] = [];
  const queued: Record<string, unknown>[] = [];
  const sentAnew: { message: Record<string, unknown>; delaySeconds: number | undefined }[] = [];
  const backOffs: number[] = [];
  const takes: number[] = [];
  const slept: number[] = [];
  const fetchFn = async (url: string, init: RequestInit): Promise<Response> => {
    const { pathname, searchParams } = new URL(url);
    const params = Object.fromEntries(init.method === "GET" ? searchParams : new URLSearchParams(init.body as string));
    const request = {
      line: `${init.method} ${pathname}`,
      key: new Headers(init.headers).get("idempotency-key"),
      params,
    };
    requests.push(request);
    const answer = await script(request, requests.length);
    if (answer instanceof Error) throw answer;
    return Response.json(answer.body, { status: answer.status ?? 200, headers: answer.headers ?? {} });
  };
  const take = async (calls: number) => {
    takes.push(calls);
    return { delaysMs: Array.from({ length: calls }, () => delays.shift() ?? 0) };
  };
  const throttle = { take, backOff: async (ms: number) => void backOffs.push(ms) };
  const context = {
    settings: { secretKey: "", webhookSecrets: [], apiBase: undefined, settleMs: 90_000, timeoutMs: 1_000 },
    stripe: new Stripe("sk_test_1", {
      // SAFETY: the SDK calls it with a URL as text and an init.
      httpClient: Stripe.createFetchHttpClient(fetchFn as unknown as typeof fetch),
      maxNetworkRetries: 0,
      telemetry: false,
    }),
    lanes: new CallLanes(5),
    calls: new CallNotes({ writeDataPoint: () => {} }),
    ordersQueue: {
      send: async (message: object) => {
        if (sendFails) throw new Error("Queue is overloaded");
        queued.push({ ...message });
      },
    },
    paymentsQueue: {
      send: async (message: object, { delaySeconds }: { delaySeconds?: number } = {}) => {
        sentAnew.push({ message: { ...message }, delaySeconds });
      },
    },
    chargeable: async () => chargeable,
    applyFact: async (orderId: string, fact: object) => {
      const answer = options.orderAnswers ?? ok({ applied: true, state: "paid" as const, version: 3 });
      if (answer instanceof Error) throw answer;
      if (answer.ok) facts.push({ orderId, fact });
      return answer;
    },
    now: () => NOW,
    sleep: async (ms: number) => void slept.push(ms),
    // SAFETY: queues answer with metrics, which nobody here reads.
  } as unknown as Omit<PaymentContext, "slots">;
  const run = async (...bodies: unknown[]): Promise<(string | number | undefined)[]> => {
    const outcomes: (string | number | undefined)[] = bodies.map(() => undefined);
    const messages = bodies.map((body, i) => ({
      id: `m${i}`,
      body,
      attempts: 1,
      ack: () => void (outcomes[i] = "ack"),
      retry: (retry?: { delaySeconds?: number }) => void (outcomes[i] = retry?.delaySeconds ?? "retry"),
    }));
    const slots = new SlotPool(throttle, bodies.length, () => NOW);
    await consumePayments({ queue: "payments", messages }, { ...context, slots });
    return outcomes;
  };
  const fact = (): unknown => facts.at(-1)?.fact;
  return { run, requests, facts, queued, fact, sentAnew, backOffs, takes, slept };
}
