/** Goal: the look-up of names counts what its cache does, and keeps names for as long as the setting says. Threat: a lifetime that is applied and changes nothing. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Enricher } from "../../src/analytics/enricher.ts";
import { USUAL } from "../../src/domain/cost/settings.ts";
import { live } from "../../src/platform/live-settings.ts";
import { meter } from "../../src/platform/meter.ts";
import { openD1 } from "./payments-d1.ts";

beforeEach(() => void meter.take());
afterEach(() => void vi.restoreAllMocks());

it("a lifetime that is taken back holds for what is remembered already", async () => {
  let lifetimeS = 3_600;
  vi.spyOn(live, "get").mockImplementation(() => lifetimeS);
  const { db } = openD1();
  const enricher = new Enricher();
  let asked = 0;
  const watch = { done: () => void asked++, failed: () => {} };
  const ask = (now: number) => enricher.lookUp(db, ["A"], () => "primary", now, watch);
  await ask(0);
  await ask(600_000);
  expect(asked).toBe(1);
  lifetimeS = 60;
  await ask(600_001);
  expect(asked).toBe(2);
});

it("says whether a product is still sold, and of one that is in no catalog nothing", async () => {
  const { db, sqlite } = openD1();
  sqlite.exec(`INSERT INTO products (sku, product_id, name, category, brand, price, currency, status, updated_at)
    VALUES ('OLD', 'OLD', 'Soap', 'body', 'Own', 100, 'USD', 'archived', 0)`);
  const found = await new Enricher().lookUp(db, ["OLD", "NONE"], () => "primary", 0);
  expect(found.map(({ lookUp, status }) => [lookUp, status])).toEqual([
    ["found", "archived"],
    ["unknown", undefined],
  ]);
});

it("counts hits with their age, loads, and renewals that brought another name", async () => {
  vi.spyOn(live, "get").mockImplementation((name) => (name === "enrichment_s" ? 60 : USUAL[name]));
  const { db, sqlite } = openD1();
  const name = (text: string) =>
    sqlite.exec(`INSERT OR REPLACE INTO products (sku, product_id, name, category, brand, description, price, currency, image, status, updated_at)
      VALUES ('A', 'A', '${text}', 'body', 'Own', '', 100, 'USD', '', 'active', 0)`);
  const enricher = new Enricher();
  const ask = async (now: number) => (await enricher.lookUp(db, ["A"], () => "primary", now))[0]?.name;
  name("Soap");
  expect(await ask(0)).toBe("Soap");
  name("Fine soap");
  expect(await ask(59_999)).toBe("Soap");
  expect(await ask(60_000)).toBe("Fine soap");
  expect(await ask(120_000)).toBe("Fine soap");
  expect(meter.take()).toMatchObject({
    "cache.enrichment.load": 3,
    "cache.enrichment.isolate": 1,
    "cache.enrichment.ageMs": 59_999,
    "cache.enrichment.renewal": 2,
    "cache.enrichment.renewalAgeMs": 120_000,
    "cache.enrichment.changed": 1,
  });
});
