/** Goal: a bug is not told as a part of the shop that is away. Threat: what an object throws by itself looks like a platform that failed. */
import { expect, test } from "vitest";
import { isPlatformFailure } from "../../src/platform/platform-failure.ts";

test.each([
  ["D1_ERROR: Network connection lost.", {}],
  ["D1_ERROR: no such table: api_keys: SQLITE_ERROR", {}],
  ["Durable Object storage operation exceeded timeout which caused object to be reset.", { retryable: true }],
  ["anything", { overloaded: true, remote: true }],
])("%s is the platform's", (message, flags) =>
  expect(isPlatformFailure(Object.assign(new Error(message), flags))).toBe(true),
);

test.each([
  ["CHECK constraint failed: reserved BETWEEN 0 AND on_hand: SQLITE_CONSTRAINT", { remote: true }],
  ["the order has no row", { remote: true, durableObjectReset: true }],
  ["D1_ERROR: UNIQUE constraint failed: products.sku: SQLITE_CONSTRAINT", {}],
  ["D1_ERROR: no such column: colour: SQLITE_ERROR", {}],
])("%s is a bug", (message, flags) => expect(isPlatformFailure(Object.assign(new Error(message), flags))).toBe(false));
