import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import type { OpsBindings } from "../../src/ops/context.ts";
import { alertRuleRoutes } from "../../src/ops/routes/alert-rules.ts";
import { etagOf, isAmong, versionOf } from "../../src/platform/entity-tags.ts";
import { carts } from "../../src/storefront/routes/carts.ts";
import { orders } from "../../src/storefront/routes/orders.ts";

/**
 * Goal: whoever read a version through a network that compresses can still say which. Threats: a change with If-Match that is refused in production and
 * never on a laptop; an answer that is held back although there is news.
 */
const CART = "cart_01890000-0000-7000-8000-000000000001";
const ORDER = "ord_01890000-0000-7000-8000-000000000001";
const json = { "content-type": "application/json" };
/** As sent here, and as Cloudflare's compression makes it. */
const TAGS = ['"3"', 'W/"3"', ' W/"3" '];

describe("a tag", () => {
  it.each(TAGS)("%j names a version", (tag) => {
    expect(versionOf(tag)).toBe(3);
  });

  it.each([undefined, "", "3", "W/3", 'w/"3"', 'W/"three"', '"-3"', '"1234567890123456"', '"3", "4"', "*"])(
    "%j names none",
    (tag) => {
      expect(versionOf(tag)).toBeUndefined();
    },
  );

  it("is among those of a list, however each is written", () => {
    for (const list of ['"3"', 'W/"3"', '"1", W/"3"', "*"]) expect(isAmong(etagOf(3), list), list).toBe(true);
    for (const list of [undefined, "", '"33"', 'W/"33", "1"', "3"]) expect(isAmong(etagOf(3), list), list).toBe(false);
  });
});

describe.each(TAGS)("with the tag %s", (tag) => {
  it("a change of a cart carries the version that it was decided on", async () => {
    const asked: unknown[] = [];
    const change = async ({ expectedVersion }: { expectedVersion?: number }) => {
      asked.push(expectedVersion);
      return { ok: false, reason: "stale_version", version: 4, replayed: false };
    };
    const init = { method: "PATCH", headers: { ...json, "if-match": tag }, body: '{"quantity":2}' };
    const answer = await carts.request(`/${CART}/lines/A-1`, init, { CART: { getByName: () => ({ change }) } });
    expect([answer.status, asked]).toEqual([412, [3]]);
  });

  it("who waits for an order says what was seen of it", async () => {
    const asked: unknown[] = [];
    const follow = async (wait: unknown) => void asked.push(wait);
    const headers = { prefer: "wait=5", "if-none-match": tag };
    await orders.request(`/${ORDER}`, { headers }, { ORDER: { getByName: () => ({ follow }) } });
    expect(asked).toEqual([{ waitMs: 5_000, seenVersion: 3 }]);
  });

  it("a change of an alert rule carries the version that it was decided on", async () => {
    const asked: unknown[] = [];
    const putRule = async ({ ifVersion }: { ifVersion?: number }) => {
      asked.push(ifVersion);
      return { ok: false, reason: "stale_version", version: 4 };
    };
    const actor = { id: "k", name: "anna", scopes: ["*"], via: "key", expiresAt: null } as const;
    const app = new Hono<OpsBindings>().use(async (c, next) => {
      c.set("actor", actor);
      await next();
    });
    app.route("/", alertRuleRoutes);
    const rule = {
      name: "Stock",
      metric: "stock.available",
      scope: { kind: "each_product" },
      comparator: "below",
      threshold: 10,
      clear: 20,
      severity: "warning",
    };
    const init = { method: "PUT", headers: { ...json, "if-match": tag }, body: JSON.stringify(rule) };
    const answer = await app.request("/own", init, { ALERT_BOOK: { getByName: () => ({ putRule }) } });
    expect([answer.status, asked]).toEqual([412, [3]]);
  });
});

it("a tag that is none of an alert rule's is refused, and the header is named", async () => {
  const answer = await alertRuleRoutes.request("/own", { method: "PUT", headers: { "if-match": "three" } });
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({ errors: [{ parameter: "If-Match" }] });
});
