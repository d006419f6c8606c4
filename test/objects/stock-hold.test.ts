import fc from "fast-check";
import { expect, it } from "vitest";
import { StockHold } from "../../durable-objects/order/stock-hold.ts";
import type { ReservationRequest, Stock } from "../../durable-objects/stock/stock.ts";
import { env, levelOf, line, newId, stockedSku } from "../support/objects.ts";

/**
 * Goal: an order with many lines has its stock soon, however far that is, and of orders that want the same few units somebody gets them all. Threat: two
 * orders that take each other's last unit, so that nobody can buy what there is.
 */
const inTenMinutes = () => Date.now() + 600_000;
const PLENTY = 1_000;

/** The real stock at a distance: every call takes as long as the next delay says, in ms. Notes what was taken, in order, and how many calls were under way. */
function farStock(delays: readonly number[] = [1]) {
  const seen = { calls: 0, most: 0, taken: [] as string[] };
  let under = 0;
  const far = async <T>(call: () => Promise<T>): Promise<T> => {
    const delay = delays[seen.calls % delays.length] ?? 0;
    seen.calls += 1;
    seen.most = Math.max(seen.most, (under += 1));
    await new Promise((resolve) => setTimeout(resolve, delay));
    try {
      return await call();
    } finally {
      under -= 1;
    }
  };
  const at = (name: string) => {
    const real = env.STOCK.getByName(name);
    return {
      level: (sku: string) => far(async () => real.level(sku)),
      release: (request: { sku: string; orderId: string }) => far(async () => real.release(request)),
      reserve: (request: ReservationRequest) =>
        far(async () => {
          const reply = await real.reserve(request);
          if (reply.ok) seen.taken.push(name);
          return reply;
        }),
    };
  };
  // SAFETY: a hold that reserves and releases calls nothing else.
  return { seen, stock: { getByName: at } as unknown as DurableObjectNamespace<Stock> };
}

const stockedSkus = async (units: readonly number[]): Promise<string[]> =>
  (await Promise.all(units.map((each) => stockedSku(each)))).toSorted();

it("fifteen lines with plenty on the shelf are had six at a time, each by one call", async () => {
  const skus = await stockedSkus(Array.from({ length: 15 }, () => PLENTY));
  const { stock, seen } = farStock();
  const hold = new StockHold(
    stock,
    newId("ord"),
    skus.map((sku) => line(sku, 2)),
  );
  expect(await hold.reserve(inTenMinutes())).toEqual([]);
  expect(seen).toMatchObject({ calls: 15, most: 6 });
  for (const sku of skus) expect(await levelOf(sku)).toMatchObject({ reserved: 2 });
  // The same again holds the same, as after a crash.
  expect(await hold.reserve(inTenMinutes())).toEqual([]);
  for (const sku of skus) expect(await levelOf(sku)).toMatchObject({ reserved: 2 });
});

it("what is scarce is taken one after the other, in the order of the SKUs, and nothing after the first shortage", async () => {
  const plenty = await stockedSkus([PLENTY, PLENTY]);
  const scarce = await stockedSkus([3, 3, 3, 3]);
  const [, second = "", third = "", fourth = ""] = scarce;
  await env.STOCK.getByName(third).adjust({ sku: third, delta: -2, reason: "test" });
  await env.STOCK.getByName(fourth).adjust({ sku: fourth, delta: -2, reason: "test" });
  const { stock, seen } = farStock([5, 1, 3]);
  const lines = [...scarce, ...plenty].map((sku) => line(sku, 2)).toReversed();
  const hold = new StockHold(stock, newId("ord"), lines);
  expect(await hold.reserve(inTenMinutes())).toEqual([
    { sku: third, requested: 2, available: 1 },
    { sku: fourth, requested: 2, available: 1 },
  ]);
  expect(seen.taken.filter((sku) => scarce.includes(sku))).toEqual([scarce[0], second]);
  await hold.release();
  for (const sku of [...scarce, ...plenty]) expect(await levelOf(sku)).toMatchObject({ reserved: 0 });
});

it("of orders that want the same few units somebody gets them all, whatever overtakes what", async () => {
  const skus = await stockedSkus([2, 2, 3, 51, 52, 53]);
  const five = <T>(each: fc.Arbitrary<T>) => fc.array(each, { minLength: 5, maxLength: 5 });
  const wanted = fc.subarray(skus, { minLength: 5, maxLength: 5 });
  const order = fc.record({
    delays: five(fc.integer({ min: 0, max: 4 })),
    quantities: five(fc.integer({ min: 1, max: 2 })),
  });
  await fc.assert(
    fc.asyncProperty(wanted, fc.array(order, { minLength: 2, maxLength: 3 }), async (own, orders) => {
      const ended = await Promise.all(
        orders.map(async ({ delays, quantities }) => {
          const lines = own.map((sku, i) => line(sku, quantities[i] ?? 1));
          const hold = new StockHold(farStock(delays).stock, newId("ord"), lines);
          const isHeld = (await hold.reserve(inTenMinutes())).length === 0;
          if (!isHeld) await hold.release();
          return { hold, lines, isHeld };
        }),
      );
      const held = ended.filter(({ isHeld }) => isHeld);
      const units = (sku: string) => held.flatMap(({ lines }) => lines.filter((each) => each.sku === sku));
      for (const sku of skus) {
        const reserved = units(sku).reduce((sum, { quantity }) => sum + quantity, 0);
        expect(await levelOf(sku)).toMatchObject({ reserved });
      }
      for (const { hold } of held) await hold.release();
      expect(held.length).toBeGreaterThan(0);
    }),
    { numRuns: 12 },
  );
}, 60_000);
