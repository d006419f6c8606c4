/**
 * Goal: what a Worker uses is counted at its bindings, and behaves as if nobody counted. Threats: a query whose answer changes because it is counted; a call
 * of another Worker that is caused by looking whether it can be counted; a message that is billed for the wrong number of operations.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { addCounts, type Counts } from "../../src/domain/cost/counts.ts";
import { live } from "../../src/platform/live-settings.ts";
import { log } from "../../src/platform/log.ts";
import { meter } from "../../src/platform/meter.ts";
import { watchBindings } from "../../src/platform/metered-bindings.ts";
import { callObject } from "../../src/platform/object-call.ts";
import { metered } from "../../src/platform/metered.ts";
import { USUAL } from "../../src/domain/cost/settings.ts";

beforeEach(() => void meter.take());
afterEach(() => void vi.restoreAllMocks());

const META = { rows_read: 7, rows_written: 2 };

/** D1 as the platform has it: `first` and `all` are methods of a statement that know of each other only inside. */
function fakeD1() {
  const statement = (values: readonly unknown[]) => ({
    bind: (...bound: unknown[]) => statement(bound),
    all: async () => ({ results: values.length === 0 ? [] : [{ id: values[0], n: 3, gone: null }], meta: META }),
    run: async () => ({ results: [], meta: META }),
    first: async () => Promise.reject(new Error("the platform's own tells no rows")),
  });
  return {
    prepare: (_query: string) => statement([]),
    batch: async (statements: readonly unknown[]) => statements.map(() => ({ results: [], meta: META })),
  };
}

describe("bindings", () => {
  it("rows of D1 are counted for every way to ask, and the answers are the same", async () => {
    const DB = fakeD1();
    watchBindings({ DB }, "commerce");
    expect(await DB.prepare("SELECT").bind("a").all()).toEqual({
      results: [{ id: "a", n: 3, gone: null }],
      meta: META,
    });
    const one = DB.prepare("SELECT").bind("a");
    // SAFETY: the platform's statement takes a column's name.
    const named = one as unknown as { first(column: string): Promise<unknown> };
    expect(await one.first()).toEqual({ id: "a", n: 3, gone: null });
    expect(await named.first("n")).toBe(3);
    await DB.prepare("INSERT").run();
    await DB.batch([DB.prepare("A"), DB.prepare("B")]);
    expect(meter.take()).toEqual({ "commerce.d1RowRead": 6 * 7, "commerce.d1RowWritten": 6 * 2 });
  });

  it("a column that a query does not select is an error of the platform's, and no answer", async () => {
    const DB = fakeD1();
    watchBindings({ DB }, "commerce");
    const first = (values: readonly unknown[], column: string) => {
      // SAFETY: as above.
      const statement = DB.prepare("SELECT").bind(...values) as unknown as { first(column: string): Promise<unknown> };
      return statement.first(column);
    };
    await expect(first(["a"], "nn")).rejects.toThrow("D1_COLUMN_NOTFOUND: Column not found (nn)");
    expect(await first(["a"], "gone")).toBeNull();
    expect(await first([], "nn")).toBeNull();
  });

  it("an object's call is counted for what the object is for, and once however often the bindings are seen", () => {
    const namespace = { getByName: (name: string) => `stub of ${name}`, get: (id: string) => id };
    const env = { EVENT_SHARD: namespace, UNKNOWN_OBJECT: { getByName: () => "stub", get: () => "stub" } };
    for (let n = 0; n < 3; n++) watchBindings(env, "operations");
    expect(namespace.getByName("shard-0")).toBe("stub of shard-0");
    env.UNKNOWN_OBJECT.getByName();
    expect(meter.take()).toEqual({ "analytics.objectRequest": 1, "operations.objectRequest": 1 });
  });

  it("the time of a call is that of the object which it went to, and the caller's own where nobody knows", async () => {
    const slow = () => new Promise((resolve) => setTimeout(resolve, 20));
    const EVENT_SHARD = { getByName: () => ({ apply: slow }), get: () => undefined };
    watchBindings({ EVENT_SHARD }, "commerce");
    meter.home = "commerce";
    await Promise.all([callObject(() => EVENT_SHARD.getByName().apply()), callObject(slow)]);
    const { "analytics.objectMs": shard = 0, "commerce.objectMs": unknown = 0 } = meter.take();
    expect(shard).toBeGreaterThanOrEqual(15);
    expect(unknown).toBeGreaterThanOrEqual(15);
  });

  it("what leads to another Worker is left alone: it claims to have every method, and looking would call it", () => {
    const called: string[] = [];
    const worker = new Proxy({}, { has: () => true, get: (_, name) => () => called.push(String(name)) });
    watchBindings({ PAYMENTS: worker }, "operations");
    expect(called).toEqual([]);
  });

  it("a data point is counted and written", () => {
    const written: unknown[] = [];
    const POINTS = { writeDataPoint: (point: unknown) => void written.push(point) };
    watchBindings({ POINTS }, "commerce");
    POINTS.writeDataPoint({ doubles: [1] });
    expect(written).toEqual([{ doubles: [1] }]);
    expect(meter.take()).toEqual({ "commerce.dataPoint": 1 });
  });
});

describe("invocations", () => {
  const told: unknown[] = [];
  const lease = { epoch: 0, settings: USUAL };
  let book: Counts = {};
  beforeEach(() => {
    book = {};
  });
  const report = async (counts: Counts) => {
    book = addCounts(book, counts);
    return lease;
  };
  const env = { COST_BOOK: { getByName: () => ({ report }), get: () => undefined } };
  // SAFETY: nothing else of a context is used.
  const ctx = { waitUntil: (work: unknown) => void told.push(work) } as unknown as ExecutionContext;

  it("a request counts at the front door only, by its path; the book is told beside the answer", async () => {
    const answer = () => new Response("yes");
    const door = metered({ home: "commerce", isFrontDoor: true }, { fetch: answer });
    const behind = metered({ home: "analytics" }, { fetch: answer });
    for (const path of ["/v1/carts", "/v1/t", "/admin/v1/costs"]) {
      const response = await door.fetch(new Request(`https://shop.example${path}`), env, ctx);
      expect(await response.text()).toBe("yes");
    }
    await behind.fetch(new Request("https://shop.example/v1/t"), env, ctx);
    await Promise.all(told);
    expect(addCounts(book, meter.take())).toMatchObject({
      "commerce.workerRequest": 1,
      "analytics.workerRequest": 1,
      "operations.workerRequest": 1,
    });
    // Each of the two told once, at once.
    expect(told).toHaveLength(2);
  });

  it("a message is three operations, its repeat one; dead letters are the operators'", async () => {
    const consumer = metered({ home: "commerce" }, { fetch: () => new Response(), queue: async () => {} });
    const batch = (queue: string, attempts: readonly number[]) =>
      // SAFETY: nothing else of a batch is used.
      ({ queue, messages: attempts.map((each) => ({ attempts: each })) }) as unknown as MessageBatch;
    await consumer.queue(batch("breakwater-orders", [1, 1, 2]), env, ctx);
    await consumer.queue(batch("breakwater-orders-dead", [1]), env, ctx);
    await Promise.all(told);
    expect(addCounts(book, meter.take())).toMatchObject({
      "commerce.workerRequest": 1,
      "commerce.queueOperation": 7,
      "queue.orders.batch": 1,
      "queue.orders.message": 2,
      "queue.orders.again": 1,
      "operations.workerRequest": 1,
      "operations.queueOperation": 3,
    });
  });
});

describe("log lines", () => {
  it("everyday lines are written by share, whole stories only; warnings and news always", () => {
    const lines: string[] = [];
    vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
    vi.spyOn(live, "get").mockImplementation((name) => (name === "log_share" ? 0.2 : USUAL[name]));
    for (let n = 0; n < 500; n++) {
      log("info", "order_event", { orderId: `ord_${n}`, to: "paid" });
      log("info", "fact_applied", { orderId: `ord_${n}` });
      log("warn", "order_not_told", { orderId: `ord_${n}` });
    }
    log("info", "flag_decision");
    const stories = Map.groupBy(lines, (line) => /ord_\d+/.exec(line)?.[0] ?? "");
    const told = [...stories.values()].map((story) => story.length);
    expect(new Set(told)).toEqual(new Set([1, 3]));
    const kept = told.filter((length) => length === 3).length;
    expect(kept).toBeGreaterThan(60);
    expect(kept).toBeLessThan(140);
    expect(lines.find((line) => line.includes("order_event"))).toContain('"share":0.2');
    expect(meter.take()).toMatchObject({ "log.everyday": 2 * kept, "log.passed": 2 * (500 - kept) });
  });

  it("everyday lines about a cart or an event of the payment provider are sampled one by one, and not all kept or all dropped", () => {
    const lines: string[] = [];
    vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
    vi.spyOn(live, "get").mockImplementation((name) => (name === "log_share" ? 0.2 : USUAL[name]));
    for (let n = 0; n < 500; n++) {
      log("info", "cart_handed_over", { cartId: `cart_${n}`, legacyCartId: `L${n}`, requestId: `req_${n}` });
      log("info", "webhook_set_aside", { eventId: `evt_${n}`, requestId: `req_${n}` });
    }
    for (const event of ["cart_handed_over", "webhook_set_aside"]) {
      const kept = lines.filter((line) => line.includes(event)).length;
      expect(kept, event).toBeGreaterThan(60);
      expect(kept, event).toBeLessThan(140);
    }
  });
});
