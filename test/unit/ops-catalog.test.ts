import { describe, expect, test } from "vitest";
import { productSchema } from "../../src/ops/catalog.ts";

describe("a product", () => {
  const product = { name: "Soap", category: "body", brand: "Own" };
  const refusals = (price: { amount: number; currency: string }) =>
    productSchema.safeParse({ ...product, price }).error?.issues.map(({ path }) => path.join("."));

  test("is not put at a price that would be charged as another one, and the field is named", () => {
    expect(refusals({ amount: 5_000, currency: "ISK" })).toEqual(["price.currency"]);
    expect(refusals({ amount: 5_124, currency: "KWD" })).toEqual(["price.amount"]);
    expect(refusals({ amount: 5_120, currency: "KWD" })).toBeUndefined();
    expect(refusals({ amount: 5_001, currency: "JPY" })).toBeUndefined();
  });
});
