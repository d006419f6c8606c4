import { createServer } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { AdminClient } from "../../scripts/admin-client.ts";
import { loadDemoShop, readCatalog } from "../../scripts/start/demo-catalog.ts";

/**
 * Goal: the demo shop can be put into a deployed shop, and never into somebody's. Threat: a product is written as a whole, so it would replace
 * one that is sold. That the API takes these products is shown in test/browser/shop.test.ts.
 */
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** An admin API whose catalog has these, and what was asked of it. */
async function adminOf(skus: readonly string[]): Promise<{ admin: AdminClient; changes: string[] }> {
  const changes: string[] = [];
  const server = createServer((request, response) => {
    if (request.method !== "GET") changes.push(`${request.method} ${request.url}`);
    response.end(JSON.stringify({ data: skus.slice(0, 100).map((sku) => ({ sku })), next_cursor: null }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return { admin: new AdminClient(`http://127.0.0.1:${address.port}`, "key"), changes };
}

describe("npm run demo-shop", () => {
  const { products } = readCatalog();

  test.each([
    ["a shop without products", []],
    ["one in which it was interrupted", [products[0]?.sku ?? "", products[1]?.sku ?? ""]],
  ])("puts every product and its stock into %s", async (_, before) => {
    const { admin, changes } = await adminOf(before);
    expect(await loadDemoShop(admin)).toBe(products.length);
    expect(changes.filter((change) => change.startsWith("PUT /admin/v1/products/"))).toHaveLength(products.length);
    const stocked = products.filter(({ stock }) => stock > 0).map(({ sku }) => `POST /admin/v1/stock/${sku}/adjust`);
    expect(changes.filter((change) => change.startsWith("POST")).toSorted()).toEqual(stocked.toSorted());
  });

  test("changes nothing in a shop that sells something else, even beside all of its own", async () => {
    const { admin, changes } = await adminOf([...products.map(({ sku }) => sku), "ZZ-OURS"]);
    await expect(loadDemoShop(admin)).rejects.toThrow("ZZ-OURS");
    expect(changes).toEqual([]);
  });
});
