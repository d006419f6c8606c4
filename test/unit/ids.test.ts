import { expect, it } from "vitest";
import { isCartId, isOrderId, makeId, orderNumber } from "../../src/domain/ids.ts";
import { keyedCartId } from "../../src/storefront/cart-id.ts";

const random = () => crypto.getRandomValues(new Uint8Array(16));

it("ids are prefixed UUIDv7 in the order of their time, and none repeats within a millisecond", () => {
  const now = Date.UTC(2026, 10, 27);
  const ids = Array.from({ length: 20_000 }, () => makeId("cart", now, random()));
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.every(isCartId)).toBe(true);
  expect(makeId("cart", now + 1, random()) > makeId("cart", now, random())).toBe(true);
  expect(isOrderId(ids[0] ?? "")).toBe(false);
});

it("pitfall 10: a day of 82,000 orders has no two numbers alike", () => {
  const start = Date.UTC(2026, 10, 27);
  const numbers = Array.from({ length: 82_000 }, (_, i) => {
    const now = start + Math.floor((i * 86_400_000) / 82_000);
    return orderNumber(makeId("ord", now, random()), now);
  });
  expect(new Set(numbers).size).toBe(numbers.length);
});

it("a keyed cart id is the same for the same client and key, and cannot be had with another secret", async () => {
  const id = await keyedCartId("secret", "203.0.113.7", "my-key");
  expect(isCartId(id)).toBe(true);
  expect(await keyedCartId("secret", "203.0.113.7", "my-key")).toBe(id);
  expect(await keyedCartId("other", "203.0.113.7", "my-key")).not.toBe(id);
  expect(await keyedCartId("secret", "203.0.113.8", "my-key")).not.toBe(id);
});
