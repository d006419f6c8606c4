import { describe, expect, test } from "vitest";
import { compare, type Observed, wrongsOf } from "../../scripts/drills/events/comparison.ts";
import { DUPLICATES, Plan } from "../../scripts/drills/events/plan.ts";

/** Goal: the drill's own books are right. A generator that miscounts would blame the shop, or, worse, agree with a shop that loses events. */
const NOW = Date.UTC(2026, 10, 25, 12);
const HOUR_MS = 3_600_000;
const options = { skus: ["A", "B", "C", "D"], perRequest: 50, shares: { duplicate: 0.1, malformed: 0.02, late: 0.01 } };

interface Sent {
  readonly event: unknown;
  readonly text: string;
}

/** What a plain reader makes of the same requests: the first of each id counts, anything malformed is rejected. */
function readAll(plan: Plan, requests: number): { sent: Sent[]; byId: Map<string, number>; late: number } {
  const sent: Sent[] = [];
  for (let i = 0; i < requests; i++) {
    if (i === requests / 2) plan.restarted();
    const { body, events } = plan.next(NOW + i);
    const { batch } = JSON.parse(body) as { batch: unknown[] };
    expect(batch).toHaveLength(events);
    for (const event of batch) sent.push({ event, text: JSON.stringify(event) });
  }
  const byId = new Map<string, number>();
  let late = 0;
  for (const { event, text } of sent) {
    if (typeof event !== "object" || event === null || !("messageId" in event)) continue;
    byId.set(text, (byId.get(text) ?? 0) + 1);
    const timestamp = "timestamp" in event ? String(event.timestamp) : "";
    if (Date.parse(timestamp) < NOW - 24 * HOUR_MS) late += 1;
  }
  return { sent, byId, late };
}

describe("a plan", () => {
  test("its books are what a plain reader counts in what it sent", () => {
    const plan = new Plan({ ...options, seed: 3 });
    const { sent, byId, late } = readAll(plan, 400);
    const { books } = plan;
    expect(sent).toHaveLength(books.received);
    expect(books.received).toBe(books.applied + books.duplicate + books.late + books.rejected);
    const again = [...byId.values()].reduce((sum, count) => sum + count - 1, 0);
    expect(books.duplicate).toBe(again);
    expect(books.late).toBe(late);
    expect([...books.rejectedBy.values()].reduce((sum, count) => sum + count, 0)).toBe(books.rejected);
    expect(books.rejectedBy.size).toBe(7);
    for (const kind of DUPLICATES) expect(books.duplicates[kind]).toBeGreaterThan(100);
    expect(books.duplicate / books.received).toBeCloseTo(0.1, 2);
    expect(books.rejected / books.received).toBeCloseTo(0.02, 2);
  });

  test("the views in its books are those of the events that count, each once", () => {
    const plan = new Plan({ ...options, seed: 4, shares: { ...options.shares, malformed: 0, late: 0 } });
    const { byId } = readAll(plan, 100);
    const unique = [...byId.keys()].map((text) => JSON.parse(text) as { event?: string; properties: { sku?: string } });
    const views = unique.filter(({ event }) => event === "Product Viewed");
    for (const sku of options.skus) {
      expect(plan.books.views.get(sku)).toBe(views.filter(({ properties }) => properties.sku === sku).length);
    }
  });

  test("the same seed sends the same events", () => {
    const [one, other] = [new Plan({ ...options, seed: 5 }), new Plan({ ...options, seed: 5 })];
    for (let i = 0; i < 20; i++) expect(one.next(NOW)).toEqual(other.next(NOW));
  });
});

describe("the comparison", () => {
  const plan = new Plan({ ...options, seed: 6 });
  for (let i = 0; i < 40; i++) plan.next(NOW);
  const { books } = plan;
  const right: Observed = {
    ledger: {
      received: books.received,
      applied: books.applied,
      duplicate: books.duplicate,
      late: books.late,
      rejected: books.rejected,
      pending: 0,
      rejected_by: [...books.rejectedBy].map(([reason, count]) => ({ reason, count })),
      facts: [],
    },
    views: books.views,
    queued: books.received,
  };

  test("a shop that agrees to the event is right", () => {
    expect(wrongsOf(compare(books, right))).toEqual([]);
  });

  test.each(["received", "applied", "duplicate", "late", "rejected"] as const)(
    "one event too many in %s is wrong",
    (figure) => {
      for (const by of [1, -1]) {
        const ledger = { ...right.ledger, [figure]: right.ledger[figure] + by };
        expect(wrongsOf(compare(books, { ...right, ledger })).join()).toContain(figure);
      }
    },
  );

  test("a lost event that a second one counted twice makes up for is found in the products", () => {
    const views = new Map(books.views);
    views.set("A", (views.get("A") ?? 0) - 1);
    views.set("B", (views.get("B") ?? 0) + 1);
    expect(wrongsOf(compare(books, { ...right, views }))).toEqual([
      "products whose views are wrong: 2, and it must be 0",
    ]);
  });

  test("a request that the queue took twice is received twice and applied once, which is no excuse for anything else", () => {
    const ledger = { ...right.ledger, received: right.ledger.received + 50, duplicate: right.ledger.duplicate + 50 };
    const queued = books.received + 50;
    expect(wrongsOf(compare(books, { ...right, ledger, queued }))).toEqual([]);
    expect(wrongsOf(compare(books, { ...right, ledger }))).toHaveLength(2);
    const twice = { ...ledger, applied: ledger.applied + 1, duplicate: ledger.duplicate - 1 };
    expect(wrongsOf(compare(books, { ...right, ledger: twice, queued })).join()).toContain("applied");
  });
});
