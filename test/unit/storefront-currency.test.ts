import { expect, test } from "vitest";
import { carts } from "../../src/storefront/routes/carts.ts";

/** Goal: nobody fills a cart that can never be paid. Threat: a shop whose own currency is counted otherwise by the payment provider. */
const create = async (currency: string, body: object): Promise<{ status: number; body: object }> => {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await carts.request("/", init, { CURRENCY: currency });
  return { status: response.status, body: await response.json() };
};

test("a cart in a currency that cannot be charged is not opened, and the field is named", async () => {
  expect(await create("USD", { currency: "ISK" })).toMatchObject({
    status: 422,
    body: { code: "not_chargeable", errors: [{ pointer: "/currency", detail: expect.stringContaining("ISK") }] },
  });
});

test("nor in the shop's own, which is said to be its setting", async () => {
  expect(await create("UGX", {})).toMatchObject({
    status: 422,
    body: { code: "not_chargeable", detail: expect.stringContaining("CURRENCY"), errors: [{ pointer: "/currency" }] },
  });
});
