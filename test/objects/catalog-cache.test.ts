/**
 * Goal: the storefront's cache tells how old its answers were and whether a renewal was needed, and keeps entries for as long as the setting says. Threats: a
 * lifetime that is applied and changes nothing; stock that moves with every sale and makes a product look as if it changed.
 */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { USUAL } from "../../src/domain/cost/settings.ts";
import { live } from "../../src/platform/live-settings.ts";
import { meter } from "../../src/platform/meter.ts";
import { LayeredCache } from "../../src/storefront/catalog/cache.ts";

interface Product {
  readonly name: string;
  readonly available: number;
}

let key: string;
let pending: Promise<unknown>[] = [];
const later = (work: Promise<unknown>): void => void pending.push(work);
const newCache = () =>
  new LayeredCache<Product>({
    name: "catalog_item",
    isolateTtlMs: 1_000,
    maxEntries: 10,
    staleMs: 0,
    versionOf: ({ name }) => name,
  });

beforeEach(() => {
  key = crypto.randomUUID();
  pending = [];
  vi.useFakeTimers({ toFake: ["Date"] });
  meter.take();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);

it("counts where answers came from, how old they were, and which renewals brought something new", async () => {
  const cache = newCache();
  const get = async (product: Product) => {
    const answer = await cache.get(key, async () => product, later);
    await Promise.all(pending);
    return answer;
  };
  const forgetEdge = () => caches.default.delete(`https://cache.breakwater.invalid/${key}`);
  await get({ name: "Soap", available: 5 });
  pass(400);
  expect(await get({ name: "Other", available: 5 })).toEqual({ name: "Soap", available: 5 });
  pass(800);
  // The isolate's second is over; the edge has it, and says since when.
  expect(await get({ name: "Other", available: 5 })).toEqual({ name: "Soap", available: 5 });
  expect(meter.take()).toMatchObject({
    "cache.catalog_item.load": 1,
    "cache.catalog_item.isolate": 1,
    "cache.catalog_item.edge": 1,
    "cache.catalog_item.ageMs": 400 + 1_200,
  });
  pass(4_000);
  await forgetEdge();
  await get({ name: "Soap", available: 4 });
  expect(meter.take()).toMatchObject({ "cache.catalog_item.renewal": 1, "cache.catalog_item.renewalAgeMs": 5_200 });
  pass(2_000);
  await forgetEdge();
  await get({ name: "Fine soap", available: 4 });
  expect(meter.take()).toMatchObject({ "cache.catalog_item.renewal": 1, "cache.catalog_item.changed": 1 });
});

it("the edge keeps an entry for as long as the setting in force says", async () => {
  vi.spyOn(live, "get").mockImplementation((name) => (name === "catalog_item_s" ? 17 : USUAL[name]));
  const put = vi.spyOn(caches.default, "put");
  await newCache().get(key, async () => ({ name: "Soap", available: 5 }), later);
  await Promise.all(pending);
  expect(put.mock.calls[0]?.[1].headers.get("cache-control")).toBe("max-age=17");
});
