import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ProductDelta, Segment } from "../../src/domain/events/deltas.ts";
import type { LookUp } from "../../src/domain/events/product.ts";
import { env, runDueWork, workOf } from "../support/objects.ts";

/** Goal: what shards count of a product is shown once each, with a name when there is one. Threat: a delta taken twice; healing that changes figures. */
afterEach(() => void vi.useRealTimers());

const MINUTE = 60_000;
const newSlice = () => `slice-${crypto.randomUUID()}`;
const stub = (slice: string) => env.PRODUCT_METRICS.getByName(slice);
const today = () => Math.floor(Date.now() / 86_400_000) * 86_400_000;
const minuteNow = () => Math.floor(Date.now() / MINUTE);

function delta(counts: Readonly<Record<string, number>>, money: ProductDelta["money"] = []): ProductDelta {
  const skus = Object.keys(counts);
  return {
    skus,
    product: Uint32Array.from(skus, (_, i) => i),
    minute: new Uint32Array(skus.length).fill(minuteNow()),
    views: Uint32Array.from(Object.values(counts)),
    adds: new Uint32Array(skus.length),
    checkouts: new Uint32Array(skus.length),
    money,
  };
}
const segment = (after: number, to: number, of: ProductDelta): Segment => ({
  after,
  to,
  foldedAt: Date.now(),
  delta: of,
});
const push = (slice: string, ...segments: Segment[]) => stub(slice).take({ name: "shard-0", origin: "o", segments });
const named = (sku: string, lookUp: LookUp = "found") => ({
  sku,
  name: `The ${sku}`,
  category: "c",
  brand: "b",
  image: "",
  lookUp,
});
const summary = (slice: string) => stub(slice).summary({ dayStartsAt: today(), top: 10 });

/** When a slice wants to be woken for a kind of work, UTC ms. */
const dueOf = (slice: string, kind: string): Promise<number> =>
  runInDurableObject(stub(slice), (_slice, { storage }) =>
    Number(storage.sql.exec("SELECT due_at FROM work WHERE kind = ?", kind).one()["due_at"]),
  );

describe("a slice of products", () => {
  it("takes each segment once, in turn, over repeats, a lost answer and crashes", async () => {
    const slice = newSlice();
    expect(await push(slice, segment(0, 3, delta({ A: 5, B: 1 })))).toBe(3);
    expect(await push(slice, segment(0, 3, delta({ A: 5, B: 1 })))).toBe(3);
    // A gap is not taken: what is between must come first.
    expect(await push(slice, segment(4, 6, delta({ A: 100 })))).toBe(3);
    await abortAllDurableObjects();
    expect(await push(slice, segment(0, 3, delta({ A: 5, B: 1 })), segment(3, 4, delta({ A: 2 })))).toBe(4);
    await runDueWork(stub(slice));
    await abortAllDurableObjects();
    expect(await push(slice, segment(3, 4, delta({ A: 2 })), segment(4, 6, delta({ A: 100 })))).toBe(6);
    expect((await stub(slice).detail("A"))?.product.views).toBe(107);
    expect((await stub(slice).detail("B"))?.minutes).toMatchObject([{ views: 1 }]);
    expect(await stub(slice).detail("C")).toBeNull();
  });

  it("shows money per currency, the most trending and the best selling, and nothing when nothing changed", async () => {
    const slice = newSlice();
    const sold = { minute: minuteNow(), orders: 1, units: 2 };
    const money = [
      { ...sold, sku: "A", currency: "USD", revenue: 2_000 },
      { ...sold, sku: "A", currency: "EUR", revenue: 500, orders: 0 },
      { ...sold, sku: "B", currency: "USD", revenue: 9_000 },
      { ...sold, sku: "A", currency: "USD", revenue: -700, orders: 0, units: 0 },
    ];
    await push(slice, segment(0, 1, delta({ A: 30, C: 1 }, money)));
    const { products, life, version } = await summary(slice);
    expect(products?.map(({ sku }) => sku)).toEqual(["A", "B", "C"]);
    expect(products?.[0]).toMatchObject({ views: 30, orders: 1, units: 4, revenue: { USD: 1_300, EUR: 500 } });
    expect(products?.[0]?.spark.at(-1)).toBe(40);
    const again = await stub(slice).summary({ dayStartsAt: today(), top: 10, seen: { life, version } });
    expect(again.products).toBeNull();
    expect(await stub(slice).audit()).toMatchObject({ revenue: { USD: 10_300, EUR: 500 } });
    await abortAllDurableObjects();
    const after = await stub(slice).summary({ dayStartsAt: today(), top: 10, seen: { life, version } });
    expect(after.products).toHaveLength(3);
  });

  it("asks for names once, takes defaults while nobody knows, asks again later, and heals without touching a figure", async () => {
    const slice = newSlice();
    await push(slice, segment(0, 1, delta({ NEW: 3 })));
    await push(slice, segment(1, 2, delta({ NEW: 1 })));
    const detail = async () => (await stub(slice).detail("NEW"))?.product;
    expect(await detail()).toMatchObject({ name: "NEW", category: "unknown", enriched: false, views: 4 });
    await stub(slice).enrich([named("NEW", "bypassed")]);
    expect(await detail()).toMatchObject({ enriched: false, views: 4 });
    expect(await workOf(stub(slice))).toContain("heal");
    vi.setSystemTime(Date.now() + 10_000);
    await runDueWork(stub(slice));
    // Asked for again, and later the next time.
    expect(await dueOf(slice, "heal")).toBeGreaterThan(Date.now() + 5_000);
    await stub(slice).enrich([named("NEW")]);
    expect(await detail()).toMatchObject({ name: "The NEW", category: "c", enriched: true, views: 4 });
    // Defaults do not take the place of what is known.
    await stub(slice).enrich([named("NEW", "bypassed"), named("NEVER-MET")]);
    expect(await detail()).toMatchObject({ name: "The NEW", enriched: true, views: 4 });
    await runDueWork(stub(slice));
    await abortAllDurableObjects();
    expect(await detail()).toMatchObject({ name: "The NEW", enriched: true });
    expect(await stub(slice).detail("NEVER-MET")).toBeNull();
  });

  it("knows the newest stock level of a SKU: one that comes late or twice is no news", async () => {
    const slice = newSlice();
    const level = (seq: number, onHand: number) => ({ sku: "S", onHand, reserved: 0, seq, at: 1_000 * seq });
    await stub(slice).stockLevels([level(1, 50)]);
    await stub(slice).stockLevels([level(4, 7), level(2, 9), level(3, 8)]);
    await stub(slice).stockLevels([level(5, 15), level(5, 15)]);
    await abortAllDurableObjects();
    await stub(slice).stockLevels([level(6, 20)]);
    expect((await stub(slice).detail("S"))?.product.stock).toEqual({ available: 20, onHand: 20, asOf: 6_000 });
    // Seq 2 and 3 came after 4 and were no news; 5 came twice.
    expect((await summary(slice)).facts).toEqual([{ type: "stock.level", count: 4, lastAt: 6_000 }]);
  });

  it("keeps a day's series, and writes only what changed", async () => {
    const slice = newSlice();
    await push(slice, segment(0, 1, delta({ A: 1 })));
    await runDueWork(stub(slice));
    vi.setSystemTime(Date.now() + 23 * 60 * MINUTE);
    await push(slice, segment(1, 2, delta({ A: 1 })));
    expect((await stub(slice).detail("A"))?.minutes).toHaveLength(2);
    await runDueWork(stub(slice));
    vi.setSystemTime(Date.now() + 2 * 60 * MINUTE);
    const before = (await summary(slice)).rowsWritten;
    await push(slice, segment(2, 3, delta({ A: 1 })));
    await runDueWork(stub(slice));
    expect((await stub(slice).detail("A"))?.minutes).toHaveLength(2);
    expect((await summary(slice)).rowsWritten - before).toBeLessThan(15);
    await abortAllDurableObjects();
    expect((await stub(slice).detail("A"))?.minutes).toHaveLength(2);
  });
});
