import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { ALERT_BOOK_STEPS } from "../../durable-objects/alert-book/schema.ts";
import { migrate } from "../../durable-objects/migrate.ts";
import { type AlertTold, alertId, groundsOf } from "../../src/domain/alerts/alert.ts";
import { DEFAULT_RULES } from "../../src/domain/alerts/defaults.ts";
import type { AlertRule } from "../../src/domain/alerts/rule.ts";
import { LIMITS } from "../../src/domain/limits.ts";
import "../support/objects-alerts.ts";
import { env } from "../support/objects.ts";

/**
 * Goal: the board has what needs somebody, however much is wrong at once, and says how much it leaves out. Threat: an assortment that is sold out, which takes
 * the places of a rollback, or two for each product, or one for what somebody looks after already.
 */
const newBook = () => env.ALERT_BOOK.getByName(`book-${crypto.randomUUID()}`);
type Book = ReturnType<typeof newBook>;

function fired(id: "stock_low" | "stock_out", sku: string): AlertTold {
  const rule = groundsOf({ id, version: 1, rule: DEFAULT_RULES[id] as AlertRule });
  const subject = { kind: "product", key: sku, name: sku } as const;
  const times = { since: 1_000, firedAt: 1_000, at: 1_000 };
  return { type: "fired", id: alertId("slice", id, sku, 1_000), rule, subject, value: 0, worst: 0, ...times };
}

/** What has a place, by kind of its subject. */
async function placesOf(book: Book) {
  const { shown, total } = await book.onBoard();
  const products = shown.filter(({ subject }) => subject.kind === "product");
  return {
    others: shown.filter(({ subject }) => subject.kind !== "product").map(({ subject }) => subject.key),
    skus: new Set(products.map(({ subject }) => subject.key)),
    rules: new Set(products.map(({ rule }) => rule.id)),
    count: products.length,
    total,
  };
}

it("a rollback stays on the board when more products are sold out than have a place there, each of them with one", async () => {
  const book = newBook();
  await book.takeFlags([{ key: "checkout.write", version: 1, isRolledBack: true, at: Date.now() }]);
  await book.take([fired("stock_low", "LAST")]);
  const sold = Array.from({ length: LIMITS.boardAlerts }, (_, n) => `SKU-${n}`);
  await book.take(sold.flatMap((sku) => [fired("stock_low", sku), fired("stock_out", sku)]));
  const places = await placesOf(book);
  expect(places.others).toEqual(["checkout.write"]);
  expect([places.rules, places.skus]).toEqual([new Set(["stock_out"]), new Set(sold)]);
  expect([places.count, places.total]).toEqual([LIMITS.boardAlerts, LIMITS.boardAlerts + 2]);
  // What somebody looks after, or wants to hear nothing of, makes room for what nobody has seen.
  await book.acknowledge({ id: fired("stock_out", "SKU-7").id, by: "ada", note: "" });
  const seen = await placesOf(book);
  expect([seen.skus.has("LAST"), seen.skus.has("SKU-7"), seen.total]).toEqual([true, false, places.total]);
  await book.mute({ id: fired("stock_out", "SKU-8").id, until: Date.now() + 60_000, by: "ada" });
  const muted = await placesOf(book);
  expect([muted.skus.has("SKU-7"), muted.skus.has("SKU-8")]).toEqual([true, false]);
  // The whole of a rule is muted: its products are still there when nothing else wants the places.
  await book.muteRule({ id: "stock_out", until: Date.now() + 60_000, by: "ada" });
  const quiet = await placesOf(book);
  expect([quiet.skus.has("LAST"), quiet.count]).toEqual([true, LIMITS.boardAlerts]);
});

it("alerts that were in force before the book told products apart are on the board after it", async () => {
  const book = newBook();
  const { id, rule, subject, value, since, firedAt } = fired("stock_low", "OLD");
  await runInDurableObject(book, (_book, { storage }) => {
    migrate(storage, ALERT_BOOK_STEPS.slice(0, 1));
    storage.sql.exec(
      "INSERT INTO alerts (id, rule, subject, severity, alert, fired_at, told, worst) VALUES (?, ?, ?, 1, ?, 1, 1, 0)",
      id,
      rule.id,
      subject.key,
      JSON.stringify({ rule, subject, value, since, firedAt }),
    );
  });
  await evictDurableObject(book);
  expect(await book.onBoard()).toMatchObject({ total: 1, shown: [{ id, subject: { key: "OLD" } }] });
});
