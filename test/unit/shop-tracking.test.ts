import { describe, expect, test } from "vitest";
import {
  enqueue,
  nextBatch,
  type QueuedEvent,
  retryDelayMs,
  TRACKING_LIMITS,
  verdictOf,
  without,
} from "../../dev/shop/tracking/queue.ts";
import { type Sent, Tracker, type TrackerWorld } from "../../dev/shop/tracking/tracker.ts";

/**
 * Goal: an event of the demo shop arrives at least once and under one id, so that it is counted once. The threats are a page that goes away,
 * a server that is busy, and an answer that gets lost.
 */
const event = (messageId: string, text = ""): QueuedEvent => ({ messageId, type: "track", text });

/** A browser of which the test holds the strings: what was sent, what the server says, and when timers fire. */
class Browser implements TrackerWorld {
  readonly bodies: { batch: QueuedEvent[]; writeKey: string; sentAt: string }[] = [];
  readonly answers: (Sent | "nothing")[] = [];
  readonly timers: { work: () => void; delayMs: number }[] = [];
  stored: readonly QueuedEvent[] = [];
  #ids = 0;

  async send(body: string): Promise<Sent> {
    this.bodies.push(JSON.parse(body));
    const answer = this.answers.shift() ?? { status: 200, retryAfter: null };
    if (answer === "nothing") throw new TypeError("network");
    return answer;
  }
  load = (): readonly QueuedEvent[] => this.stored;
  save(queue: readonly QueuedEvent[]): void {
    this.stored = queue;
  }
  now = (): Date => new Date("2026-11-27T00:00:00.000Z");
  chance = (): number => 0.5;
  newId = (): string => `id-${(this.#ids += 1)}`;
  context = (): Record<string, unknown> => ({ page: { path: "/" } });
  later(work: () => void, delayMs: number): void {
    this.timers.push({ work, delayMs });
  }

  /** Lets the oldest timer fire and everything that it does happen. Returns how long it was set for. */
  async fire(): Promise<number | undefined> {
    const timer = this.timers.shift();
    timer?.work();
    await new Promise((resolve) => setTimeout(resolve, 0));
    return timer?.delayMs;
  }

  tracker = (): Tracker => new Tracker({ writeKey: "wk", anonymousId: "visitor", world: this });
  sentIds = (): string[] => this.bodies.flatMap(({ batch }) => batch.map(({ messageId }) => messageId));
}

describe("the queue", () => {
  test("keeps the newest when it is full", () => {
    let queue: readonly QueuedEvent[] = [];
    for (let at = 0; at < TRACKING_LIMITS.queuedEvents + 3; at++) queue = enqueue(queue, event(`m${at}`));
    expect(queue).toHaveLength(TRACKING_LIMITS.queuedEvents);
    expect(queue[0]?.messageId).toBe("m3");
  });

  test("sends batches within the bytes that a page that is gone may send, and an event that is too large goes alone", () => {
    const large = "ü".repeat(13_000);
    const queue = [event("a", large), event("b", large), event("c", large), event("d")];
    expect(nextBatch(queue).map(({ messageId }) => messageId)).toEqual(["a", "b"]);
    expect(nextBatch([event("x", large.repeat(4)), event("y")]).map(({ messageId }) => messageId)).toEqual(["x"]);
    const many = Array.from({ length: 200 }, (_, at) => event(`m${at}`));
    expect(nextBatch(many)).toHaveLength(TRACKING_LIMITS.batchEvents);
    expect(without(queue, nextBatch(queue)).map(({ messageId }) => messageId)).toEqual(["c", "d"]);
  });

  test("keeps what may not have arrived, and drops what was taken or refused for good", () => {
    expect([undefined, 408, 429, 500, 503].map(verdictOf)).toEqual(Array(5).fill("again"));
    expect([200, 202, 204].map(verdictOf)).toEqual(Array(3).fill("accepted"));
    expect([400, 401, 404, 413].map(verdictOf)).toEqual(Array(4).fill("refused"));
  });

  test("waits longer after each failure, never together with all others, and as long as the server asks", () => {
    expect([1, 2, 3].map((failures) => retryDelayMs(failures, 1, null))).toEqual([1_000, 2_000, 4_000]);
    expect(retryDelayMs(1, 0, null)).toBe(500);
    expect(retryDelayMs(40, 1, null)).toBe(TRACKING_LIMITS.longestRetryMs);
    expect([retryDelayMs(1, 1, "7"), retryDelayMs(1, 1, "86400")]).toEqual([7_000, 60_000]);
  });
});

describe("the tracker", () => {
  test("sends what happens together in one request, as Segment's API has it", async () => {
    const browser = new Browser();
    const tracker = browser.tracker();
    tracker.page("Shop");
    tracker.track("Product Viewed", { sku: "A" });
    expect(await browser.fire()).toBe(250);
    expect(browser.bodies).toHaveLength(1);
    const common = { timestamp: "2026-11-27T00:00:00.000Z", anonymousId: "visitor", context: { page: { path: "/" } } };
    expect(browser.bodies[0]).toEqual({
      writeKey: "wk",
      sentAt: "2026-11-27T00:00:00.000Z",
      batch: [
        { type: "page", name: "Shop", properties: { name: "Shop" }, messageId: "id-1", ...common },
        { type: "track", event: "Product Viewed", properties: { sku: "A" }, messageId: "id-2", ...common },
      ],
    });
    expect(browser.stored).toEqual([]);
  });

  test("tries again under the same id when nothing came back, later each time, and new events do not knock earlier", async () => {
    const browser = new Browser();
    browser.answers.push("nothing", { status: 503, retryAfter: "9" });
    const tracker = browser.tracker();
    tracker.track("Product Viewed", {});
    await browser.fire();
    tracker.track("Product Added", {});
    expect(browser.timers).toHaveLength(1);
    expect(await browser.fire()).toBe(750);
    expect(await browser.fire()).toBe(9_000);
    expect(browser.bodies.map(({ batch }) => batch.map(({ messageId }) => messageId))).toEqual([
      ["id-1"],
      ["id-1", "id-2"],
      ["id-1", "id-2"],
    ]);
    expect(browser.stored).toEqual([]);
    tracker.track("Cart Viewed", {});
    expect(await browser.fire()).toBe(250);
  });

  test("gives everything away when the page goes, and what nobody confirmed is sent by the next page", async () => {
    const browser = new Browser();
    browser.answers.push("nothing", "nothing");
    const tracker = browser.tracker();
    for (let at = 0; at < TRACKING_LIMITS.batchEvents + 1; at++) tracker.track("Product Viewed", { at });
    tracker.flushAll();
    expect(browser.bodies.map(({ batch }) => batch.length)).toEqual([TRACKING_LIMITS.batchEvents, 1]);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(browser.stored).toHaveLength(TRACKING_LIMITS.batchEvents + 1);
    browser.timers.length = 0;
    browser.tracker();
    while (browser.timers.length > 0) await browser.fire();
    expect(browser.stored).toEqual([]);
    const ids = browser.sentIds();
    expect(new Set(ids).size).toBe(TRACKING_LIMITS.batchEvents + 1);
    expect(ids).toHaveLength(2 * (TRACKING_LIMITS.batchEvents + 1));
  });

  test("does not ask again for what was refused: its neighbours go on", async () => {
    const browser = new Browser();
    browser.answers.push({ status: 401, retryAfter: null });
    const tracker = browser.tracker();
    tracker.track("Product Viewed", {});
    await browser.fire();
    expect([browser.stored, browser.timers]).toEqual([[], []]);
  });

  test("can give an event an id that is the same however often it is said", async () => {
    const browser = new Browser();
    browser.tracker().track("Order Completed", {}, "order-completed:ord_1");
    browser.timers.length = 0;
    browser.tracker().flushAll();
    expect(browser.sentIds()).toEqual(["order-completed:ord_1"]);
  });
});
