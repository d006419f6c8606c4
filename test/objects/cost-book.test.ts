/**
 * Goal: what the shop used is counted where it is used, costs nothing to count, and what is applied because of it is in force, logged and can be taken back.
 * Threats: a count that a restart loses or doubles; a setting outside of its bounds; advice that is applied twice; rows that are written for accounting.
 */
import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { AREAS, type Counts, countOf } from "../../src/domain/cost/counts.ts";
import { log } from "../../src/platform/log.ts";
import { meter } from "../../src/platform/meter.ts";
import { env, line, snapshotOf, stockedSku, tablesOf } from "../support/objects.ts";

const newBook = () => env.COST_BOOK.getByName(crypto.randomUUID());

/** A day's worth of renewals of products that never change. */
const STEADY: Counts = {
  "cache.catalog_item.isolate": 50_000,
  "cache.catalog_item.edge": 20_000,
  "cache.catalog_item.load": 30_000,
  "cache.catalog_item.renewal": 20_000,
  "cache.catalog_item.renewalAgeMs": 20_000 * 8_000,
  "cache.catalog_item.changed": 2,
  "commerce.d1RowRead": 60_000,
};

/** A book that has counted for an hour, so that it gives advice. */
async function seasonedBook() {
  const name = crypto.randomUUID();
  const book = () => env.COST_BOOK.getByName(name);
  await book().report(STEADY);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 15 * 60_000 });
  return book;
}

describe("the cost book", () => {
  it("adds up what isolates tell, keeps it over evictions and crashes, and doubles nothing", async () => {
    const name = crypto.randomUUID();
    const book = () => env.COST_BOOK.getByName(name);
    await book().report({ "commerce.rowWritten": 1_000_000, "done.order": 10_000 });
    await evictDurableObject(book());
    await book().report({ "commerce.rowWritten": 400_000, "done.event": 7 });
    await book().report({ "commerce.rowWritten": 100_000 });
    await abortAllDurableObjects();
    const { counts, costs } = await book().costs(24);
    expect(counts).toMatchObject({ "commerce.rowWritten": 1_500_000, "done.order": 10_000, "done.event": 7 });
    expect(costs.perOrder?.lines[0]).toEqual({ what: "rowWritten", used: 150, dollars: expect.closeTo(0.00015, 9) });
  });

  it("looks back and forgets old hours in a shop that is so quiet that every report meets a new instance", async () => {
    const name = crypto.randomUUID();
    const book = () => env.COST_BOOK.getByName(name);
    const hours = () =>
      runInDurableObject(book(), (_, { storage }) => storage.sql.exec("SELECT hour FROM hours").toArray().length);
    const begin = Date.now();
    try {
      for (const passed of [0, 1, 32 * 24]) {
        vi.useFakeTimers({ toFake: ["Date"], now: begin + passed * 3_600_000 });
        await book().report(STEADY);
        if (passed === 1) {
          expect((await book().decisions(10)).decisions.map(({ kind }) => kind)).toContain("recommended");
          expect(await hours()).toBe(2);
        }
        await evictDurableObject(book());
      }
      expect(await hours()).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it("writes a row every five seconds when many isolates tell, and not one for each", async () => {
    const book = newBook();
    for (let n = 0; n < 40; n++) await book.report({ "commerce.rowWritten": 1 });
    meter.take();
    for (let n = 0; n < 40; n++) await book.report({ "commerce.rowWritten": 1 });
    expect(meter.take()["operations.rowWritten"] ?? 0).toBeLessThanOrEqual(2);
    expect(countOf((await book.costs(1)).counts, "commerce.rowWritten")).toBe(80);
  });

  it("asking it leaves nothing behind", async () => {
    const book = newBook();
    expect((await book.costs(24)).costs.total.dollars).toBe(0);
    expect((await book.advice()).advice).toEqual([]);
    expect(await book.apply({ id: "catalog-item-lifetime", by: "ada" })).toEqual({
      ok: false,
      reason: "unknown_advice",
    });
    expect(await tablesOf(book)).toEqual([]);
  });

  it("applies safe advice once, tells every isolate, writes it down with its evidence, and takes it back", async () => {
    const book = await seasonedBook();
    try {
      const [advice] = (await book().advice()).advice;
      expect(advice).toMatchObject({ id: "catalog-item-lifetime", safe: true, change: { from: 5, to: 20 } });
      expect(await book().apply({ id: "catalog-item-lifetime", by: "ada" })).toMatchObject({
        ok: true,
        value: { epoch: 1, repeated: false },
      });
      expect(await book().apply({ id: "catalog-item-lifetime", by: "bob" })).toMatchObject({ ok: true });
      await abortAllDurableObjects();
      const lease = await book().report({});
      expect(lease.settings.catalog_item_s).toBeGreaterThanOrEqual(20);
      expect(lease.settings.catalog_item_s).toBeLessThanOrEqual(30);
      expect(await book().revert({ id: "catalog-item-lifetime", by: "ada" })).toMatchObject({
        ok: true,
        value: { settings: { catalog_item_s: 5 } },
      });
      expect(await book().revert({ id: "catalog-item-lifetime", by: "ada" })).toEqual({
        ok: false,
        reason: "not_applied",
      });
      const { decisions } = await book().decisions(10);
      expect(decisions.at(0)).toMatchObject({ kind: "reverted", by: "ada" });
      expect(decisions.at(-1)).toMatchObject({
        seq: 1,
        kind: "applied",
        by: "ada",
        evidence: { from: 5, to: 20, renewals: 20_000 },
      });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("what objects use", () => {
  it("is counted by their own storage: what a statement wrote at once, what it read when the next one begins", async () => {
    const stub: unknown = env.STOCK.getByName(`SKU-${crypto.randomUUID()}`);
    // SAFETY: only the storage is touched, whatever the class.
    const counts = await runInDurableObject(stub as DurableObjectStub, (_instance, { storage }) => {
      storage.sql.exec("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)");
      meter.take();
      storage.sql.exec("INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z')");
      storage.kv.put("k", 1);
      storage.kv.delete("k");
      void storage.setAlarm(Date.now() + 60_000);
      storage.sql.exec("SELECT * FROM t").toArray();
      storage.sql.exec("SELECT 1");
      return meter.take();
    });
    expect(counts["commerce.rowWritten"]).toBe(3 + 1 + 1 + 1);
    // An insert looks for its key, too.
    expect(counts["commerce.rowRead"]).toBe(3 + 3);
  });

  it("and so are their log lines: each is on the bill of the object that wrote it, though all share an isolate", async () => {
    const speak = async (stub: unknown): Promise<Counts> =>
      // SAFETY: only the storage is touched, whatever the class.
      runInDurableObject(stub as DurableObjectStub, (_instance, { storage }) => {
        storage.kv.put("k", 1);
        log("warn", "test_line");
        storage.sql.exec("SELECT 1");
        log("warn", "test_line");
        return meter.take();
      });
    const stubs = [env.STOCK, env.EVENT_SHARD, env.ALERT_BOOK, env.CART].map((each) =>
      each.getByName(crypto.randomUUID()),
    );
    const counts: Counts[] = [];
    meter.take();
    for (const stub of stubs) counts.push(await speak(stub));
    const lines = counts.map((each) => AREAS.map((area) => countOf(each, `${area}.logEvent`)));
    expect(lines).toEqual([
      [2, 0, 0],
      [0, 2, 0],
      [0, 0, 2],
      [2, 0, 0],
    ]);
  });

  it("a purchase costs the same rows and calls each time, whoever else is counted in the isolate", async () => {
    const sku = await stockedSku(5);
    const place = async () => {
      const snapshot = snapshotOf([line(sku, 1)]);
      meter.take();
      await env.ORDER.getByName(snapshot.orderId).place(snapshot);
      return meter.take();
    };
    await place();
    const [one, two] = [await place(), await place()];
    expect(one["commerce.rowWritten"]).toBeGreaterThan(10);
    expect(two["commerce.rowWritten"]).toBe(one["commerce.rowWritten"]);
    // The test's own call, and the order's of its stock.
    expect(one["commerce.objectRequest"]).toBe(2);
    expect(one["commerce.dataPoint"]).toBe(1);
    expect(one["log.everyday"]).toBe(1);
  });
});
