import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LayeredCache } from "../../src/storefront/catalog/cache.ts";

/**
 * Goal: a catalog that is away closes no shop, and what it says is believed again as soon as it says it. Threats: a shop that refuses every cart because a
 * price is seven seconds old, and one that goes on with a price of yesterday.
 */
const OPTIONS = {
  name: "catalog_item",
  isolateTtlMs: 1_000,
  maxEntries: 2,
  staleMs: 600_000,
  versionOf: String,
} as const;
const visit = { url: "https://shop.example/v1/products/SERUM", later: (work: Promise<unknown>): void => void work };
const away = () => Promise.reject(new Error("D1_ERROR: Network connection lost."));

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 27) });
  // The platform's cache, which has forgotten everything by the next time.
  vi.stubGlobal("caches", {
    default: { match: async () => undefined, put: async () => {}, delete: async () => false },
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a catalog that does not answer", () => {
  it("goes by what it said last, for ten minutes and no longer", async () => {
    const cache = new LayeredCache(OPTIONS);
    await cache.get("SERUM", async () => 1_999, visit);
    vi.advanceTimersByTime(OPTIONS.staleMs);
    expect(await cache.get("SERUM", away, visit)).toBe(1_999);
    expect(cache.counters).toEqual({ isolate: 0, edge: 0, origin: 1, stale: 1 });
    vi.advanceTimersByTime(1);
    await expect(cache.get("SERUM", away, visit)).rejects.toThrow("D1_ERROR");
    await expect(cache.get("NEVER-SEEN", away, visit)).rejects.toThrow("D1_ERROR");
  });

  it("is not waited for when it hangs and something is known", async () => {
    const cache = new LayeredCache(OPTIONS);
    await cache.get("SERUM", async () => 1_999, visit);
    vi.advanceTimersByTime(60_000);
    const asked = cache.get("SERUM", () => new Promise<number>(() => {}), visit);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await asked).toBe(1_999);
  });

  it("is asked every time, so that its first answer ends the outage", async () => {
    const cache = new LayeredCache(OPTIONS);
    await cache.get("SERUM", async () => 1_999, visit);
    vi.advanceTimersByTime(60_000);
    expect(await cache.get("SERUM", away, visit)).toBe(1_999);
    expect(await cache.get("SERUM", async () => 2_499, visit)).toBe(2_499);
  });

  it("bills what it said right before, and not what may have been changed while it was well", async () => {
    const cache = new LayeredCache(OPTIONS);
    const settledMs = 7_000;
    await cache.get("SERUM", async () => 1_999, visit);
    vi.advanceTimersByTime(settledMs + 1);
    await cache.get("BALM", async () => 899, visit);
    // Since then it has been away.
    vi.advanceTimersByTime(60_000);
    expect(cache.lastWord("BALM", settledMs, Date.now())).toBe(899);
    expect(cache.lastWord("SERUM", settledMs, Date.now())).toBeUndefined();
    expect(cache.lastWord("NEVER-SEEN", settledMs, Date.now())).toBeUndefined();
    cache.heard(Date.now());
    expect(cache.lastWord("BALM", settledMs, Date.now())).toBeUndefined();
  });

  it("and a clock that is put back by an hour: a price of before is not taken for fresh until it has caught up", async () => {
    const cache = new LayeredCache(OPTIONS);
    await cache.get("SERUM", async () => 1_999, visit);
    vi.setSystemTime(Date.now() - 3_600_000);
    expect(await cache.get("SERUM", async () => 2_499, visit)).toBe(2_499);
  });
});
