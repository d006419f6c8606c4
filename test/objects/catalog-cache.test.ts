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
const visitOf = (url: string) => ({ url, later: (work: Promise<unknown>): void => void pending.push(work) });
const visit = visitOf("https://shop.example/v1/products?q=soap");
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
    const answer = await cache.get(key, async () => product, visit);
    await Promise.all(pending);
    return answer;
  };
  const forgetEdge = () => caches.default.delete(`https://shop.example/_breakwater/catalog_item:${key}`);
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
  await newCache().get(key, async () => ({ name: "Soap", available: 5 }), visit);
  await Promise.all(pending);
  expect(put.mock.calls[0]?.[1].headers.get("cache-control")).toBe("max-age=17");
});

it("keeps entries under the hostname that was asked, whatever its path, and forgets them there", async () => {
  const soap = async () => ({ name: "Soap", available: 5 });
  const fresh = async () => ({ name: "Fine soap", available: 5 });
  await newCache().get(key, soap, visit);
  await Promise.all(pending);
  // Another isolate, with a memory of its own: what it knows comes from the edge.
  const shop = visitOf("https://shop.example/v1/carts/cart_1/lines");
  expect(await newCache().get(key, fresh, shop)).toMatchObject({ name: "Soap" });
  expect(await newCache().get(key, fresh, visitOf("https://other.example/"))).toMatchObject({ name: "Fine soap" });
  await newCache().forget(key, shop);
  expect(await newCache().get(key, fresh, shop)).toMatchObject({ name: "Fine soap" });
});

it("a key that a URL would read as a path is kept apart from the cache's other entries", async () => {
  for (const each of [".", "..", "../catalog_page:x", "a/b", "?", "#"]) {
    expect(await newCache().get(each, async () => ({ name: each, available: 1 }), visit)).toMatchObject({ name: each });
    await Promise.all(pending);
  }
  for (const each of [".", "..", "../catalog_page:x", "a/b", "?", "#"]) {
    const other = async () => ({ name: "loaded again", available: 1 });
    expect(await newCache().get(each, other, visit)).toMatchObject({ name: each });
  }
});
