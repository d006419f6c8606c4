/** Goal: the read model only ever moves forward. Threat: a late or repeated message puts an order back into an older state. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeEach, expect, test } from "vitest";
import type { OrderSummary } from "../../src/domain/messages.ts";
import { newestOfEach, PROJECT_ORDERS } from "../../src/orders/projection.ts";

const summary = (id: string, version: number, changes: Partial<OrderSummary> = {}): OrderSummary => ({
  id: `ord_${id}`,
  number: `BW-${id}`,
  status: "awaiting_payment",
  cartId: `cart_${id}`,
  skus: ["A"],
  currency: "USD",
  total: 2_499,
  captured: 0,
  refunded: 0,
  version,
  placedAt: 1_000,
  updatedAt: 1_000 + version,
  ...changes,
});

let db: DatabaseSync;
const project = (orders: OrderSummary[]): void => {
  db.prepare(PROJECT_ORDERS).run(JSON.stringify(newestOfEach(orders)));
};
const row = (id: string): Record<string, unknown> => ({
  ...db.prepare("SELECT * FROM orders WHERE id = ?").get(`ord_${id}`),
});

beforeEach(() => {
  db = new DatabaseSync(":memory:");
  const folder = join(import.meta.dirname, "../../migrations");
  for (const file of readdirSync(folder).sort()) db.exec(readFileSync(join(folder, file), "utf8"));
});

test("a new order becomes a row, and what it does not have stays NULL", () => {
  project([summary("a", 1, { email: "o'neil@example.com" })]);
  expect(row("a")).toMatchObject({
    status: "awaiting_payment",
    email: "o'neil@example.com",
    total: 2_499,
    intent: null,
    review: null,
  });
});

test("a newer version overwrites the row, an older and an equal one do not", () => {
  project([summary("a", 3, { status: "paid", captured: 2_499, intent: "pi_1" })]);
  project([summary("a", 2)]);
  project([summary("a", 3, { status: "canceled" })]);
  expect(row("a")).toMatchObject({ status: "paid", captured: 2_499, intent: "pi_1", version: 3 });
  project([summary("a", 4, { status: "refunded", refunded: 2_499 })]);
  expect(row("a")).toMatchObject({ status: "refunded", intent: null, version: 4 });
});

test("of several versions in one batch the newest counts, in whatever order they came", () => {
  project([summary("a", 2), summary("a", 4, { status: "paid" }), summary("b", 1), summary("a", 3)]);
  expect(row("a")).toMatchObject({ status: "paid", version: 4 });
  expect(row("b")).toMatchObject({ version: 1 });
});

test("a full batch is one statement (pitfall 15: bound parameters are limited)", () => {
  project(Array.from({ length: 100 }, (_, i) => summary(`${i}`, 1)));
  expect(db.prepare("SELECT COUNT(*) AS n FROM orders").get()).toEqual({ n: 100 });
});
