/**
 * Goal: whoever counts hears at once that a product is no longer sold, or again. Threat: a discontinued product that is sold out for ever, in red; an archive that
 * fails because analytics are away; a slice that is bothered with every product of an import.
 */
import { expect, test } from "vitest";
import type { ProductFacts } from "../../src/domain/events/product.ts";
import { productRoutes } from "../../src/ops/routes/products.ts";
import { openD1 } from "./payments-d1.ts";

function newShop({ isSliceAway = false } = {}) {
  const told: ProductFacts[] = [];
  const enrich = async (products: readonly ProductFacts[]): Promise<void> => {
    if (isSliceAway) throw new Error("restarting");
    told.push(...products);
  };
  const env = { DB: openD1().db, PRODUCT_SLICES: "2", PRODUCT_METRICS: { getByName: () => ({ enrich }) } };
  const beside: Promise<unknown>[] = [];
  const context = {
    waitUntil: (work: Promise<unknown>) => void beside.push(work),
    passThroughOnException: () => {},
    props: {},
  };
  const said = () => told.map(({ sku, status, lookUp }) => [sku, status, lookUp]);
  const send = async (method: string, path: string, body?: object): Promise<number> => {
    const headers = { "content-type": "application/json" };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const answer = await productRoutes.request(path, init, env, context);
    await Promise.all(beside);
    return answer.status;
  };
  return { send, said };
}
const soap = { name: "Soap", category: "body", brand: "Own", price: { amount: 100, currency: "USD" } };

test("an archive is told, by whichever request it comes, and so is its end; nothing else is", async () => {
  const { send, said } = newShop();
  expect(await send("PUT", "/SOAP", soap)).toBe(201);
  expect(await send("PUT", "/SOAP", { ...soap, name: "Fine soap" })).toBe(200);
  expect(said()).toEqual([]);
  expect(await send("POST", "/SOAP/archive")).toBe(200);
  expect(await send("DELETE", "/SOAP")).toBe(200);
  expect(await send("PUT", "/SOAP", soap)).toBe(200);
  expect(await send("PUT", "/SOAP", { ...soap, status: "archived" })).toBe(200);
  expect(await send("POST", "/NONE/archive")).toBe(404);
  expect(said()).toEqual([
    ["SOAP", "archived", "found"],
    ["SOAP", "archived", "found"],
    ["SOAP", "active", "found"],
    ["SOAP", "archived", "found"],
  ]);
});

test("a slice that is away keeps nobody from archiving", async () => {
  const { send } = newShop({ isSliceAway: true });
  await send("PUT", "/SOAP", soap);
  expect(await send("POST", "/SOAP/archive")).toBe(200);
});
