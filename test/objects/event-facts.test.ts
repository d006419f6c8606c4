import { abortAllDurableObjects } from "cloudflare:test";
import { describe, expect, it, vi, afterEach } from "vitest";
import { recordOutstanding } from "../../durable-objects/order/effects.ts";
import type { ShardFact } from "../../src/domain/events/facts.ts";
import type { MoneyFact } from "../../src/domain/events/order-money.ts";
import { sliceIndex, sliceName } from "../../src/domain/events/routing.ts";
import { makeId } from "../../src/domain/ids.ts";
import { messageOf } from "../../src/domain/message-text.ts";
import { eventsMessageSchema } from "../../src/domain/messages.ts";
import type { Order } from "../../src/domain/order-record.ts";
import { batchOf, partOf } from "../support/events.ts";
import { withOutbox } from "../support/objects-outbox.ts";
import { env, newId } from "../support/objects.ts";
import { newOrder } from "../support/orders.ts";

/** Goal: money of an order counts once for ever, and adds up the same in minutes, in products and in the orders' own rows. */
afterEach(() => void vi.useRealTimers());

const newShard = () => `shard-${crypto.randomUUID()}`;
const stub = (shard: string) => env.EVENT_SHARD.getByName(shard);
const tell = (shard: string, ...facts: ShardFact[]) => stub(shard).apply({ facts });
const money = (fact: MoneyFact): ShardFact => ({ role: "money", fact });

function story(sku: string, visitorId?: string) {
  const orderId = newId("ord");
  const lines = [{ sku, quantity: 2, unitPrice: 1_000 }];
  const fact = (type: "order.placed" | "order.paid" | "order.refunded", version: number, refunded = 0): MoneyFact => ({
    v: 1,
    type,
    id: `${type}:${orderId}:${refunded}`,
    orderId,
    cartId: "cart_1",
    visitorId,
    version,
    status: "paid",
    currency: "USD",
    total: 2_495,
    captured: type === "order.placed" ? 0 : 2_495,
    refunded,
    lines,
    at: Date.now(),
  });
  return { placed: fact("order.placed", 2), paid: fact("order.paid", 4), refunded: fact("order.refunded", 6, 499) };
}

/** What an order tells the figures when it is asked to tell everything again, as the consumer reads it. */
async function toldAgain(order: Order, now: number): Promise<MoneyFact[]> {
  const facts: MoneyFact[] = [];
  await withOutbox([], async ({ work, outbox, storage }) => {
    recordOutstanding(order, { work, outbox, expiryMs: 1, now, ledger: () => [] });
    const rows = storage.sql.exec<{ payload: string }>(
      "SELECT payload FROM work WHERE kind = 'send:events' ORDER BY id",
    );
    for (const { payload } of rows.toArray()) {
      const fact = eventsMessageSchema.parse(messageOf(payload));
      if ("orderId" in fact) facts.push(fact);
    }
  });
  return facts;
}

describe("facts of orders", () => {
  it("count once over repeats, crashes and years, in minutes, products and rows alike", async () => {
    const shard = newShard();
    const sku = `SKU-${crypto.randomUUID().slice(0, 8)}`;
    const { placed, paid, refunded } = story(sku);
    await tell(shard, money(paid), money(placed));
    await abortAllDurableObjects();
    await tell(shard, money(paid), money(refunded), money(refunded));
    const { money: minutes, ledger, counts } = await stub(shard).summary();
    const total = { captured: 2_495, refunded: 499, orders: 1, units: 2 };
    expect(
      minutes.reduce(
        (sum, row) => ({
          captured: sum.captured + row.captured,
          refunded: sum.refunded + row.refunded,
          orders: sum.orders + row.orders,
          units: sum.units + row.units,
        }),
        { captured: 0, refunded: 0, orders: 0, units: 0 },
      ),
    ).toEqual(total);
    expect(ledger.facts.map(({ type, count }) => [type, count])).toEqual([
      ["order.paid", 1],
      ["order.placed", 1],
      ["order.refunded", 1],
    ]);
    expect(counts.reduce((sum, { checkouts }) => sum + checkouts, 0)).toBe(1);
    vi.setSystemTime(Date.now() + 400 * 86_400_000);
    await tell(shard, money(refunded), money(paid), money(placed));
    await abortAllDurableObjects();
    const { money: books, rows } = await stub(shard).audit();
    // Of 1,996 that were kept, 396 of the 495 for shipping stay.
    expect(books).toEqual({ own: { USD: { captured: 2_495, refunded: 499, orders: 1, goods: 1_600 } }, reported: {} });
    expect(rows).toEqual(books);
    const slice = env.PRODUCT_METRICS.getByName(sliceName(sliceIndex(sku, 2)));
    await vi.waitFor(async () => expect((await stub(shard).audit()).unpushed).toBe(0), { timeout: 10_000 });
    const shown = (await slice.audit()).revenue["USD"];
    expect(shown).toBe(1_600);
  });

  it("of another system count once per key, apart from our own", async () => {
    const shard = newShard();
    const key = `erp:${crypto.randomUUID()}`;
    const order: MoneyFact = {
      v: 1,
      type: "order.reported",
      id: `r:${key}`,
      key,
      currency: "USD",
      amount: 700,
      lines: [],
      at: Date.now(),
    };
    await tell(shard, money(order), money(order));
    await tell(shard, money({ ...order, id: "another message" }));
    const { money: books, rows } = await stub(shard).audit();
    expect(books).toEqual({ own: {}, reported: { USD: { captured: 700, refunded: 0, orders: 1, goods: 0 } } });
    expect(rows).toEqual(books);
  });

  it("move the funnel of their visitor together with what the browser told, once", async () => {
    const shard = newShard();
    const { placed, paid } = story("SKU-F", "anonymous-1");
    const funnel = (fact: MoneyFact): ShardFact => ({ role: "funnel", fact });
    await stub(shard).apply({ part: partOf(batchOf([{ id: "view", visitor: "anonymous-1" }])), facts: [] });
    await tell(shard, funnel(paid), funnel(placed));
    await abortAllDurableObjects();
    await tell(shard, funnel(paid), funnel(placed));
    const { counts, visitorsNow, sessions } = await stub(shard).summary();
    const steps = counts.map(({ funnel: each }) => each);
    expect(steps.reduce((sum, { view }) => sum + view, 0)).toBe(1);
    expect(steps.reduce((sum, { purchase }) => sum + purchase, 0)).toBe(1);
    expect({ visitorsNow, sessions }).toEqual({ visitorsNow: 1, sessions: 1 });
  });

  it("of a guarded path, whose id has no time in it, are the same steps when they are told again two hours later", async () => {
    const shard = newShard();
    const placedAt = Date.now();
    const id = makeId("ord", 0, crypto.getRandomValues(new Uint8Array(16)));
    const order: Order = { ...newOrder(placedAt), id, visitorId: "anna", state: "paid" };
    for (const now of [placedAt + 1_000, placedAt + 2 * 3_600_000]) {
      vi.setSystemTime(now);
      const facts = await toldAgain(order, now);
      expect(facts.map(({ type, at }) => [type, at])).toEqual([
        ["order.paid", now],
        ["order.placed", now],
      ]);
      await tell(shard, ...facts.map((fact) => ({ role: "funnel", fact }) as const));
    }
    const steps = (await stub(shard).summary()).counts.map(({ funnel }) => funnel);
    for (const step of ["view", "checkout", "purchase"] as const)
      expect(
        steps.reduce((sum, funnel) => sum + funnel[step], 0),
        step,
      ).toBe(1);
  });
});
