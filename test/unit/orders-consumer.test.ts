/** Goal: every message of a batch is settled on its own. Threat: one bad message or one sick dependency takes its neighbours with it. */
import { expect, test, vi } from "vitest";
import { consumeOrders, type OrdersContext } from "../../src/orders/consumer.ts";
import type { RawMessage } from "../../src/platform/queue-batch.ts";

type Outcome = "ack" | { retry: number | undefined };

class FakeMessage implements RawMessage {
  readonly id: string;
  readonly body: unknown;
  readonly attempts: number;
  outcome: Outcome | undefined;

  constructor(id: string, body: unknown, attempts = 1) {
    this.id = id;
    this.body = body;
    this.attempts = attempts;
  }
  ack(): void {
    this.outcome = "ack";
  }
  retry(options?: { delaySeconds?: number }): void {
    this.outcome = { retry: options?.delaySeconds };
  }
}

const fact = (orderId: string, intent = "pi_1"): object => ({
  v: 1,
  type: "payment.fact",
  id: `api:${intent}`,
  orderId,
  source: "api",
  fact: { type: "captured", intent, amount: 100, currency: "USD", attempt: 1, at: 1_000 },
});
const changed = (id: string, version: number): object => ({
  v: 1,
  type: "order.changed",
  id: `${id}:${version}`,
  order: {
    id,
    number: "BW-1",
    status: "paid",
    cartId: "cart_1",
    currency: "USD",
    total: 100,
    captured: 100,
    refunded: 0,
    version,
    placedAt: 1,
    updatedAt: 2,
  },
});

type Apply = ReturnType<OrdersContext["order"]>["apply"];
const applied = { ok: true, value: { applied: true, state: "paid", version: 4 } } as const;

/** The platform's pieces: `apply` scripts the objects, `refuses` names the orders that D1 throws on. */
function platform(apply: (orderId: string, call: number) => unknown = () => applied, refuses: readonly string[] = []) {
  const written: string[][] = [];
  const calls = new Map<string, number>();
  /** A batch is one transaction, and all of its statements get the same rows. */
  const batch = async ([json = ""]: readonly string[]): Promise<void> => {
    const ids = [...json.matchAll(/"id":"(ord_\w+)"/g)].map((match) => match[1] ?? "");
    if (ids.some((id) => refuses.includes(id))) throw new Error("D1_ERROR");
    written.push(ids);
  };
  const order = (orderId: string): { apply: Apply } => ({
    // SAFETY: the script answers as the object would.
    apply: (async () => {
      const call = (calls.get(orderId) ?? 0) + 1;
      calls.set(orderId, call);
      return apply(orderId, call);
    }) as unknown as Apply,
  });
  // SAFETY: of D1 the consumer uses prepare, bind and batch only.
  const db = { prepare: () => ({ bind: (json: string) => json }), batch } as unknown as D1Database;
  return { context: { db, order } satisfies OrdersContext, written, calls };
}

const run = async (messages: FakeMessage[], context: OrdersContext): Promise<(Outcome | undefined)[]> => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
  await consumeOrders({ queue: "orders", messages }, context);
  return messages.map((message) => message.outcome);
};

test("a poison message goes towards the dead letters and its neighbours are done", async () => {
  const messages = [
    new FakeMessage("1", fact("ord_a")),
    new FakeMessage("2", { v: 1, type: "payment.fact", orderId: 7 }),
    new FakeMessage("3", "not even an object"),
    new FakeMessage("4", changed("ord_b", 1)),
  ];
  const { context, written } = platform();
  expect(await run(messages, context)).toEqual(["ack", { retry: undefined }, { retry: undefined }, "ack"]);
  expect(written).toEqual([["ord_b"]]);
});

test("a fact of an order that does not exist is not dropped: money may be involved", async () => {
  const { context } = platform(() => ({ ok: false, reason: "unknown_order" }));
  const [outcome] = await run([new FakeMessage("1", fact("ord_a"))], context);
  expect(outcome).toMatchObject({ retry: expect.any(Number) });
});

test("an object that fails for a moment is called again, an overloaded one is left alone (pitfall 26)", async () => {
  const flaky = Object.assign(new Error("network connection lost"), { retryable: true });
  const overloaded = Object.assign(new Error("overloaded"), { retryable: true, overloaded: true });
  const { context, calls } = platform((orderId, call) => {
    if (orderId === "ord_a" && call === 1) throw flaky;
    if (orderId === "ord_b") throw overloaded;
    return applied;
  });
  const outcomes = await run([new FakeMessage("1", fact("ord_a")), new FakeMessage("2", fact("ord_b"))], context);
  expect(outcomes).toEqual(["ack", { retry: expect.any(Number) }]);
  expect(Object.fromEntries(calls)).toEqual({ ord_a: 2, ord_b: 1 });
});

test("while D1 is down only the projections wait, the facts go through", async () => {
  const { context } = platform(undefined, ["ord_b"]);
  const messages = [
    new FakeMessage("1", fact("ord_a")),
    new FakeMessage("2", changed("ord_b", 1)),
    new FakeMessage("3", changed("ord_c", 1)),
  ];
  expect(await run(messages, context)).toEqual(["ack", { retry: expect.any(Number) }, { retry: expect.any(Number) }]);
});

test("a row that D1 refuses is written alone when it comes again, so that it takes no other into the dead letters", async () => {
  const { context, written } = platform(undefined, ["ord_b"]);
  const messages = [new FakeMessage("2", changed("ord_b", 1), 2), new FakeMessage("3", changed("ord_c", 1), 2)];
  expect(await run(messages, context)).toEqual([{ retry: expect.any(Number) }, "ack"]);
  expect(written).toEqual([["ord_c"]]);
});
