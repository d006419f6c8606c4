import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import type { StorefrontContext } from "../../src/storefront/context.ts";
import { legacyPath, visitorIn } from "../../src/storefront/legacy.ts";
import { readsOf, routeOf } from "../../src/storefront/rollout/paths.ts";
import { isLoop, legacyUrl, withoutInternal } from "../../src/storefront/rollout/proxy.ts";
import { carts } from "../../src/storefront/routes/carts.ts";
import { checkout } from "../../src/storefront/routes/checkout.ts";

/** Goal: every request has one owner, and it follows from method, path and id alone. Threat: a cart that is looked for on the side that does not have it. */
const OURS = "cart_01890000-0000-7000-8000-000000000001";
const ORDER = "ord_01890000-0000-7000-8000-000000000001";
const READS = readsOf({ LEGACY_READS: "/ /v1/products" });

describe("who answers", () => {
  it.each([
    ["POST", "/v1/carts", { kind: "guarded", flag: "cart.write", cartId: undefined }],
    ["POST", `/v1/carts/${OURS}/lines`, { kind: "guarded", flag: "cart.write", cartId: OURS }],
    ["PATCH", `/v1/carts/${OURS}/lines/A-1`, { kind: "guarded", flag: "cart.write", cartId: OURS }],
    ["DELETE", "/v1/carts/lgc_1/lines/A-1", { kind: "guarded", flag: "cart.write", cartId: "lgc_1" }],
    ["PUT", `/v1/carts/${OURS}/customer`, { kind: "guarded", flag: "cart.write", cartId: OURS }],
    ["POST", `/v1/carts/${OURS}/checkout`, { kind: "guarded", flag: "checkout.write", cartId: OURS }],
    ["POST", "/webhooks/stripe", { kind: "webhook", flag: "payment.webhook" }],
    // No route of ours: whoever answers it, it is no trial of a path.
    ["POST", "/v1/carts/", { kind: "here" }],
    ["POST", `/v1/carts/${OURS}/lines/`, { kind: "ours", cartId: OURS }],
    ["POST", "/v1/carts/lgc_1/lines/", { kind: "legacy" }],
    ["POST", `/v1/carts/${OURS}/checkout/`, { kind: "ours", cartId: OURS }],
    ["GET", `/v1/carts/${OURS}`, { kind: "ours", cartId: OURS }],
    ["GET", "/v1/carts/lgc_1", { kind: "legacy" }],
    ["GET", `/v1/orders/${ORDER}`, { kind: "ours", cartId: undefined }],
    ["POST", `/v1/orders/${ORDER}/cancel`, { kind: "ours", cartId: undefined }],
    ["POST", "/v1/orders/4711/cancel", { kind: "legacy" }],
    ["GET", "/", { kind: "legacy" }],
    ["GET", "/v1/products/A-1", { kind: "legacy" }],
    ["GET", "/v1/productsandmore", { kind: "here" }],
    ["POST", "/v1/products", { kind: "here" }],
    ["GET", "/admin/v1/flags", { kind: "here" }],
    ["OPTIONS", "/v1/carts/lgc_1", { kind: "here" }],
    ["POST", "/_breakwater/carts", { kind: "hidden" }],
    ["GET", "/_breakwater", { kind: "hidden" }],
    ["POST", "//_breakwater/carts", { kind: "hidden" }],
    ["POST", "/_Breakwater%2fcarts", { kind: "hidden" }],
    ["POST", "/%5Fbreakwater/carts", { kind: "hidden" }],
    ["POST", "/x%2f..%5c_breakwater/%zz", { kind: "hidden" }],
    ["POST", "/a%3F/%2E%2E/_breakwater/carts", { kind: "hidden" }],
    ["GET", "/x/_breakwater", { kind: "here" }],
    ["GET", "/_breakwaters", { kind: "here" }],
  ] as const)("%s %s", (method, path, route) => {
    expect(routeOf(method, path, READS)).toEqual(route);
  });

  it("a read that has been moved is answered here", () => {
    expect(routeOf("GET", "/v1/products", readsOf({ LEGACY_READS: "" }))).toEqual({ kind: "here" });
  });

  it("what is guarded is exactly what has a route here, and every write of a cart has a flag", () => {
    const shop = new Hono<StorefrontContext>().route("/v1/carts", carts).route("/v1/carts", checkout);
    const writes = shop.routes.filter(({ method }) => method !== "GET");
    const served = new Set(writes.map(({ method, path }) => `${method} ${path}`));
    expect(served.size).toBe(6);
    for (const route of served) {
      const [method = "", pattern = ""] = route.split(" ");
      const path = pattern.replace(":id", OURS).replace(":sku", "A-1");
      expect(routeOf(method, path, READS).kind, route).toBe("guarded");
      expect(routeOf(method, `${path}/`, READS).kind, `${route}/`).not.toBe("guarded");
    }
  });
});

it("a new cart is for whoever its body says, as far as it says so", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  expect(visitorIn(bytes('{"visitor_id":"anna","currency":"USD"}'))).toBe("anna");
  for (const body of [undefined, bytes(""), bytes("{"), bytes('{"visitor_id":7}'), bytes("null")]) {
    expect(visitorIn(body)).toBeUndefined();
  }
});

describe("the proxy", () => {
  it("knows a request that has been here before, and no other", () => {
    const loops = ["1.1 breakwater", "1.0 varnish, 1.1 Breakwater", "HTTP/1.1 breakwater (x)"];
    for (const via of loops) expect(isLoop(new Headers({ via })), via).toBe(true);
    for (const via of ["1.1 varnish", "breakwater", "1.1 not-breakwater"])
      expect(isLoop(new Headers({ via })), via).toBe(false);
    expect(isLoop(new Headers())).toBe(false);
  });

  it.each(["//other.example/x?y=1", "/\\other.example/", "/@other.example/", "/a//b?c=//d"])(
    "%s is a path at the monolith, whatever else it looks like",
    (path) => {
      const url = legacyUrl(path, "https://shop.example:8443/ignored");
      expect([url.host, url.pathname + url.search]).toEqual(["shop.example:8443", path.replaceAll("\\", "/")]);
    },
  );

  it.each(["@other.example/", ".other.example/", "1/", "", "https://other.example/"])("%j is no path", (path) => {
    expect(() => legacyUrl(path, "https://shop.example:8443")).toThrow("not a path");
  });

  it("takes out what only our own Workers may say", () => {
    const headers = withoutInternal(
      new Headers({ "X-Breakwater-Epoch": "1", "x-breakwater-webhook": "dry-run", accept: "a" }),
    );
    expect([...headers]).toEqual([["accept", "a"]]);
  });

  it("puts the monolith's name of a cart where ours stood, quoted as a path wants it", () => {
    expect(legacyPath(`/v1/carts/${OURS}/lines/A-1`, OURS, "17/4")).toBe("/v1/carts/17%2F4/lines/A-1");
  });
});
