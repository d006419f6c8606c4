import { expect, it } from "vitest";
import { putProduct } from "../../src/ops/catalog.ts";
import { orderCommandRoutes } from "../../src/ops/routes/order-commands.ts";
import { stockRoutes } from "../../src/ops/routes/stock.ts";
import { carts } from "../../src/storefront/routes/carts.ts";
import { orders } from "../../src/storefront/routes/orders.ts";
import { openD1 } from "./payments-d1.ts";

/** Goal: whoever is refused because an object cannot remember another key is told when it can, wherever that is answered. */
const CART = "cart_01890000-0000-7000-8000-000000000001";
const ORDER = "ord_01890000-0000-7000-8000-000000000001";
const full = async () => ({
  ok: false,
  reason: "idempotency_full",
  limit: 1_000,
  retryAfterSeconds: 82_801,
  replayed: false,
});
const product = {
  name: "Soap",
  category: "body",
  brand: "Own",
  description: "",
  price: { amount: 700, currency: "USD" },
  image: "",
  status: "active",
} as const;

it.each([
  ["a cart's", carts, "PUT", `/${CART}/customer`, { email: "ada@example.com" }],
  ["a shopper's order's", orders, "POST", `/${ORDER}/cancel`, undefined],
  ["an operator's order's", orderCommandRoutes, "POST", `/${ORDER}/fulfil`, {}],
  ["a SKU's", stockRoutes, "POST", "/SOAP/adjust", { delta: 5, reason: "delivery" }],
] as const)("%s memory of keys", async (_, routes, method, path, body) => {
  const { db } = openD1();
  await putProduct(db, "SOAP", product, Date.now());
  const object = { getByName: () => ({ change: full, cancel: full, fulfil: full, adjust: full }) };
  const headers = { "content-type": "application/json", "idempotency-key": "one-more" };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const answer = await routes.request(path, init, { DB: db, CART: object, ORDER: object, STOCK: object });
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "82801"]);
  expect(await answer.json()).toMatchObject({ code: "idempotency_full", limit: 1_000 });
});
