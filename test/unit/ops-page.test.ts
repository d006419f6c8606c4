import { Hono } from "hono";
import { expect, it } from "vitest";
import * as z from "zod";
import type { OpsBindings } from "../../src/ops/context.ts";
import { paged, pageOf } from "../../src/ops/page.ts";

/** Goal: whatever a browser sent as a SKU, the list that holds it can be paged through to its end. */
const app = new Hono<OpsBindings>().get("/", (c) => {
  const page = pageOf(c, z.tuple([z.number(), z.string()]));
  return page instanceof Response ? page : c.json(page.after ?? null);
});

it.each(["TIDE-SERUM-30", "寿司", "\u0000".repeat(64), "\ud800", "ÿ?>~", "界".repeat(64)])(
  "a page may end with %j",
  async (sku) => {
    const key = [Number.MAX_SAFE_INTEGER, sku];
    const { next_cursor: cursor } = paged(
      [key, ["last"]],
      1,
      (row) => row,
      (row) => row,
    );
    // Also of a caller that puts it into an address as it is.
    const response = await app.request(`/?cursor=${cursor}`);
    expect([response.status, await response.json()]).toEqual([200, key]);
  },
);

it("a cursor of before, in plain base64, still leads on", async () => {
  const response = await app.request(`/?cursor=${encodeURIComponent(btoa(JSON.stringify([1, "A>?"])))}`);
  expect(await response.json()).toEqual([1, "A>?"]);
});
