import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CartBody, expectStatus, type ProblemBody, until } from "../support/client.ts";
import { type Shop, startShop } from "../support/shop.ts";

let shop: Shop;
let sku: string;
let cart: string;
beforeAll(async () => {
  shop = await startShop();
  sku = await shop.client.stock(100);
  cart = await shop.client.cart({ [sku]: 1 });
});
afterAll(() => shop?.close());

const lines = (): string => `/v1/carts/${cart}/lines`;
const json = { "content-type": "application/json" };

describe("bad input is answered with a problem that names field and limit, and changes nothing", () => {
  it.each([0, 1.5, 1_000, -1, "2", null])("pitfall 6: quantity %j", async (quantity) => {
    const before = await shop.client.send<CartBody>("GET", `/v1/carts/${cart}`);
    const refused = await shop.client.send<ProblemBody>("POST", lines(), { body: { sku, quantity } });
    expect(refused).toMatchObject({
      status: 422,
      body: { code: "validation_failed", errors: [{ pointer: "/quantity" }] },
    });
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect(refused.body).toMatchObject({
      type: "/problems/validation_failed",
      title: expect.any(String),
      status: 422,
      instance: lines(),
      request_id: expect.any(String),
    });
    expect((await shop.client.send("GET", `/v1/carts/${cart}`)).body).toEqual(before.body);
  });

  it("quantities that add up beyond the limit, and the limit is named", async () => {
    expect(await shop.client.send("POST", lines(), { body: { sku, quantity: 999 } })).toMatchObject({
      status: 422,
      body: { code: "quantity_limit", limit: 999, errors: [{ pointer: "/quantity" }] },
    });
  });

  it("an unknown SKU, and one that cannot be a SKU", async () => {
    expect(await shop.client.send("POST", lines(), { body: { sku: "NO-SUCH-SKU", quantity: 1 } })).toMatchObject({
      status: 422,
      body: { code: "unknown_sku", errors: [{ pointer: "/sku" }] },
    });
    expect(await shop.client.send("POST", lines(), { body: { sku: "x".repeat(65), quantity: 1 } })).toMatchObject({
      status: 422,
      body: { code: "validation_failed", errors: [{ pointer: "/sku", detail: expect.stringContaining("64") }] },
    });
  });

  it("an archived product, in the cart or on its way there", async () => {
    const { client } = shop;
    const gone = await client.stock(5);
    const holder = await client.cart({ [gone]: 1 });
    await expectStatus(200, client.admin("POST", `/admin/v1/products/${gone}/archive`));
    expect(await client.send("POST", lines(), { body: { sku: gone, quantity: 1 } })).toMatchObject({
      status: 409,
      body: { code: "product_archived" },
    });
    expect(await client.checkout(holder)).toMatchObject({
      status: 409,
      body: { code: "product_archived", skus: [gone] },
    });
    expect((await client.send<CartBody>("GET", `/v1/carts/${holder}`)).body.status).toBe("open");
    expect((await client.send("GET", `/v1/products/${gone}`)).body).toMatchObject({ status: "archived", available: 0 });
  });

  it("more than a hundred lines", async () => {
    const { client } = shop;
    const full = await client.cart();
    const { body } = await client.send<{ data: { sku: string }[] }>("GET", "/v1/products?limit=1");
    expect(body.data.length).toBe(1);
    const skus = await Promise.all(Array.from({ length: 101 }, () => client.stock(0)));
    for (const one of skus.slice(0, 100))
      await expectStatus(200, client.send("POST", `/v1/carts/${full}/lines`, { body: { sku: one, quantity: 1 } }));
    expect(
      await client.send("POST", `/v1/carts/${full}/lines`, { body: { sku: skus[100], quantity: 1 } }),
    ).toMatchObject({
      status: 422,
      body: { code: "line_limit", limit: 100 },
    });
  });

  it("a body over 64 KB, malformed JSON, and another content type", async () => {
    const { client } = shop;
    const big = JSON.stringify({ sku, quantity: 1, note: "x".repeat(65 * 1_024) });
    expect(await client.send("POST", lines(), { raw: big, headers: json })).toMatchObject({
      status: 413,
      body: { code: "body_too_large", limit: 65_536 },
    });
    expect(await client.send("POST", lines(), { raw: '{"sku":', headers: json })).toMatchObject({
      status: 400,
      body: { code: "malformed_json" },
    });
    expect(
      await client.send("POST", lines(), { raw: "sku=A", headers: { "content-type": "text/plain" } }),
    ).toMatchObject({
      status: 415,
      body: { code: "unsupported_media_type" },
    });
  });

  it("a stale If-Match, and one that is no tag", async () => {
    const { client } = shop;
    const own = await client.cart({ [sku]: 1 });
    const put = (tag: string) =>
      client.send<CartBody>("PATCH", `/v1/carts/${own}/lines/${sku}`, {
        body: { quantity: 3 },
        headers: { "if-match": tag },
      });
    const { headers } = await client.send("GET", `/v1/carts/${own}`);
    const tag = headers.get("etag") ?? "";
    expect((await put(`W/${tag}`)).status).toBe(200);
    for (const stale of [tag, `W/${tag}`])
      expect(await put(stale)).toMatchObject({ status: 412, body: { code: "stale_version", version: 3 } });
    expect(await put("three")).toMatchObject({ status: 400, body: { code: "invalid_header" } });
    expect((await client.send("GET", `/v1/carts/${own}`, { headers: { "if-none-match": '"3"' } })).status).toBe(304);
  });

  it("a missing, oversized or reused Idempotency-Key", async () => {
    const { client } = shop;
    const own = await client.cart({ [sku]: 1 });
    const path = `/v1/carts/${own}/checkout`;
    expect(await client.send("POST", path, { body: {} })).toMatchObject({
      status: 400,
      body: { code: "idempotency_key_required" },
    });
    expect(
      await client.send("POST", path, { body: {}, headers: { "idempotency-key": "k".repeat(256) } }),
    ).toMatchObject({
      status: 400,
      body: { code: "idempotency_key_invalid", limit: 255 },
    });
    const add = (quantity: number) =>
      client.send<CartBody>("POST", `/v1/carts/${own}/lines`, {
        body: { sku, quantity },
        headers: { "idempotency-key": "once" },
      });
    const first = await add(1);
    const again = await add(1);
    expect([first.status, again.status, again.headers.get("idempotency-replayed")]).toEqual([200, 200, "true"]);
    expect(again.body).toEqual(first.body);
    expect(await add(2)).toMatchObject({ status: 422, body: { code: "idempotency_conflict" } });
    expect((await client.send<CartBody>("GET", `/v1/carts/${own}`)).body.lines[0]?.quantity).toBe(2);
  });

  it("a cart that was created twice with one key is one cart", async () => {
    const create = () =>
      shop.client.send<CartBody>("POST", "/v1/carts", { body: {}, headers: { "idempotency-key": "my-cart" } });
    const [first, again] = [await create(), await create()];
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
  });

  it("a cart that is ordered, or empty", async () => {
    const { client } = shop;
    const own = await client.cart({ [sku]: 1 });
    const placed = await expectStatus(201, client.checkout(own));
    expect(await client.send("POST", `/v1/carts/${own}/lines`, { body: { sku, quantity: 1 } })).toMatchObject({
      status: 409,
      body: { code: "cart_ordered", order_id: placed.body.id },
    });
    expect(await client.checkout(own)).toMatchObject({ status: 409, body: { code: "cart_ordered" } });
    expect(await client.checkout(await client.cart())).toMatchObject({ status: 409, body: { code: "empty_cart" } });
  });

  it("pitfall 9: a price that changed since it was shown, and prices that a client makes up", async () => {
    const { client } = shop;
    const moving = await client.stock(5, 2_000);
    const own = await client.cart();
    const added = await client.send<CartBody>("POST", `/v1/carts/${own}/lines`, {
      body: { sku: moving, quantity: 1, unit_price: { amount: 1, currency: "USD" }, shipping: 0 },
    });
    expect(added.body.lines).toMatchObject([{ unit_price: { amount: 2_000 } }]);
    const product = { name: "Moving", category: "test", brand: "Test", price: { amount: 2_500, currency: "USD" } };
    await expectStatus(200, client.admin("PUT", `/admin/v1/products/${moving}`, product));
    const refused = await client.checkout<ProblemBody>(own, undefined, "old-prices");
    expect(refused).toMatchObject({
      status: 409,
      body: { code: "price_changed", cart: { lines: [{ unit_price: { amount: 2_500 } }] } },
    });
    expect(refused.body.detail).toContain("under a new Idempotency-Key");
    // Whoever lost that answer does not accept prices by asking for it.
    expect((await client.checkout(own, undefined, "old-prices")).body).toMatchObject({ code: "price_changed" });
    const accepted = await expectStatus(201, client.checkout(own));
    expect(accepted.body.totals.total.amount).toBe(2_500 + 495);
  });

  it("orders, carts and products that nobody knows", async () => {
    const { client } = shop;
    for (const [path, code] of [
      ["/v1/orders/ord_00000000-0000-7000-8000-000000000000", "unknown_order"],
      ["/v1/orders/nonsense", "unknown_order"],
      ["/v1/carts/cart_00000000-0000-7000-8000-000000000000", "unknown_cart"],
      ["/v1/products/NOPE", "unknown_product"],
      ["/nowhere", "not_found"],
    ]) {
      expect(await client.send("GET", path ?? "")).toMatchObject({ status: 404, body: { code } });
    }
  });

  it("payment methods that exclude each other", async () => {
    const own = await shop.client.cart({ [sku]: 1 });
    expect(
      await shop.client.checkout(own, { payment_method: "pm_card_visa", confirmation_token: "ctoken_visa" }),
    ).toMatchObject({
      status: 422,
      body: { code: "validation_failed", errors: [{ pointer: "/payment/confirmation_token" }] },
    });
  });

  it("admin requests without the key", async () => {
    expect(await shop.client.send("GET", "/admin/v1/orders")).toMatchObject({
      status: 401,
      body: { code: "unauthorized" },
    });
    const wrong = { headers: { authorization: "Bearer guess" } };
    expect(await shop.client.send("GET", "/admin/v1/orders", wrong)).toMatchObject({ status: 401 });
  });
});

describe("the conventions", () => {
  it("carry a request id, answer preflights, and set secure headers", async () => {
    const { client } = shop;
    const answer = await client.send("GET", `/v1/carts/${cart}`, {
      headers: { "x-request-id": "trace-1", origin: "https://shop.example" },
    });
    expect(answer.headers.get("x-request-id")).toBe("trace-1");
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    const preflight = await client.send("OPTIONS", lines(), {
      headers: {
        origin: "https://shop.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "idempotency-key",
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-headers")?.toLowerCase()).toContain("idempotency-key");
    expect(Number(preflight.headers.get("access-control-max-age"))).toBeGreaterThan(3_600);
  });

  it("describe themselves: OpenAPI 3.1 with the limits that validate, and a reference page", async () => {
    const { body } = await shop.client.send<{
      openapi: string;
      paths: Record<string, unknown>;
      components: { schemas: Record<string, unknown> };
    }>("GET", "/openapi.json");
    expect(body.openapi).toBe("3.1.0");
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining(["/v1/carts", "/v1/carts/{id}/checkout", "/v1/orders/{id}", "/v1/products/{sku}"]),
    );
    expect(body.components.schemas["AddLine"]).toMatchObject({
      properties: { quantity: { minimum: 1, maximum: 999 }, sku: { maxLength: 64 } },
    });
    expect((await shop.client.send<string>("GET", "/docs")).body).toContain("swagger-ui");
  });

  it("page through the catalog without skipping or repeating, and search it", async () => {
    const { client } = shop;
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page = await client.send<{ data: { sku: string }[]; next_cursor: string | null }>(
        "GET",
        `/v1/products?limit=7${query}`,
      );
      seen.push(...page.body.data.map((product) => product.sku));
      cursor = page.body.next_cursor;
    } while (cursor !== null);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThan(100);
    const found = await client.send<{ data: { sku: string }[] }>("GET", `/v1/products?q=${sku.slice(2)}`);
    expect(found.body.data.map((product) => product.sku)).toEqual([sku]);
    // As many letters beyond ASCII as a search may have, which the database is asked to fold.
    const letters = String.fromCodePoint(...Array.from({ length: 100 }, (_, i) => 0x430 + i));
    await expectStatus(200, client.send("GET", `/v1/products?q=${encodeURIComponent(letters)}`));
    expect(await client.send("GET", "/v1/products?limit=101")).toMatchObject({ status: 422 });
    expect(await client.send("GET", "/v1/products?cursor=%00")).toMatchObject({ status: 422 });
  });

  it("show stock from its truth, a second old at most", async () => {
    const { client } = shop;
    const shown = await client.stock(3);
    await client.buy({ [shown]: 2 });
    const product = await until(
      () => client.send<{ available: number; available_as_of: string }>("GET", `/v1/products/${shown}`),
      ({ body }) => body.available === 1,
      3_000,
    );
    expect(Date.now() - Date.parse(product.body.available_as_of)).toBeLessThan(2_000);
  });
});
