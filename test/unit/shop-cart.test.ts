import { describe, expect, test } from "vitest";
import type { Cart, Product } from "../../dev/shop/api/shapes.ts";
import {
  type Basket,
  EMPTY,
  priceChanges,
  shownLines,
  unitsIn,
  withAnswer,
  withConflict,
  withWish,
} from "../../dev/shop/basket/state.ts";
import { availabilityOf, familiesOf, leadOf, optionLabels, savedPercent } from "../../dev/shop/catalog/families.ts";
import { decimalOf, formatMoney } from "../../dev/shop/money.ts";
import { exponentOf } from "../../src/domain/currency.ts";

/** Goal: what the shopper sees of a cart is what was set last or what the shop says, and never a number that somebody else overwrote unseen. */
const usd = (amount: number) => ({ amount, currency: "USD" });

function cart(lines: Readonly<Record<string, number>>, more: Partial<Cart> = {}): Cart {
  const time = "2026-11-27T00:00:00.000Z";
  return {
    id: "cart_1",
    status: "open",
    currency: "USD",
    lines: Object.entries(lines).map(([sku, quantity]) => ({
      sku,
      name: `Name of ${sku}`,
      quantity,
      unit_price: usd(1_000),
      total: usd(1_000 * quantity),
    })),
    totals: { subtotal: usd(0), discount: usd(0), shipping: usd(0), tax: usd(0), total: usd(0) },
    version: 1,
    created_at: time,
    updated_at: time,
    ...more,
  };
}

const holding = (lines: Readonly<Record<string, number>>): Basket => withAnswer(EMPTY, cart(lines), '"1"');
const quantities = (basket: Basket): Record<string, number> =>
  Object.fromEntries(shownLines(basket).map((line) => [line.sku, line.quantity]));

describe("a quantity that is set", () => {
  test("shows at once, and five clicks are one wish with the last number", () => {
    let basket = holding({ A: 1, B: 2 });
    for (const quantity of [2, 3, 4, 5]) basket = withWish(basket, "A", quantity);
    expect(quantities(basket)).toEqual({ A: 5, B: 2 });
    expect(basket.wishes).toEqual([{ sku: "A", quantity: 5, seen: 1 }]);
    expect(unitsIn(basket)).toBe(7);
  });

  test("of zero takes the line out of sight, and nonsense is brought within the limits", () => {
    expect(quantities(withWish(holding({ A: 1, B: 2 }), "A", 0))).toEqual({ B: 2 });
    expect(withWish(holding({ A: 1 }), "A", 12_345).wishes[0]?.quantity).toBe(999);
    expect(withWish(holding({ A: 1 }), "A", -3).wishes[0]?.quantity).toBe(0);
  });

  test("is done when the answer shows it, and a click made meanwhile is kept and based on that answer", () => {
    const sent = { sku: "A", quantity: 2, seen: 1 };
    const basket = withWish(withWish(holding({ A: 1 }), "A", 2), "A", 4);
    const after = withAnswer(basket, cart({ A: 2 }), '"2"', sent);
    expect(after.wishes).toEqual([{ sku: "A", quantity: 4, seen: 2 }]);
    expect(withAnswer(after, cart({ A: 4 }), '"3"').wishes).toEqual([]);
  });
});

describe("a cart that was changed in another window", () => {
  test("keeps a wish about a line that nobody else touched: it is asked for again on the new version", () => {
    const basket = withConflict(withWish(holding({ A: 1, B: 1 }), "A", 3), cart({ A: 1, B: 9 }), '"2"');
    expect(basket.wishes).toEqual([{ sku: "A", quantity: 3, seen: 1 }]);
    expect(basket.etag).toBe('"2"');
    expect(basket.notice).toBeUndefined();
  });

  test("gives up a wish about a line that changed meanwhile, and says so, instead of overwriting it (pitfall 11)", () => {
    const basket = withConflict(withWish(holding({ A: 1 }), "A", 3), cart({ A: 7 }), '"2"');
    expect(basket.wishes).toEqual([]);
    expect(quantities(basket)).toEqual({ A: 7 });
    expect(basket.notice).toContain("Name of A");
  });

  test("does so for a line that is gone, too, and by its name", () => {
    const basket = withConflict(withWish(holding({ A: 1, B: 1 }), "A", 3), cart({ B: 1 }), '"2"');
    expect(basket.wishes).toEqual([]);
    expect(basket.notice).toContain("Name of A");
  });

  test("that already shows what was wished for is no conflict", () => {
    const basket = withConflict(withWish(holding({ A: 1 }), "A", 3), cart({ A: 3 }), '"2"');
    expect(basket).toMatchObject({ wishes: [], notice: undefined });
  });
});

test("a cart that became an order counts nothing: what is put in next goes into a new one", () => {
  expect(unitsIn(withAnswer(EMPTY, cart({ A: 3 }, { status: "ordered" }), '"2"'))).toBe(0);
});

test("a price that moved is shown with what it was; lines that are new or the same are not", () => {
  const before = cart({ A: 1, B: 1 });
  const after = cart({ A: 1, B: 1, C: 1 });
  const moved = {
    ...after,
    lines: after.lines.map((line) => (line.sku === "A" ? { ...line, unit_price: usd(900) } : line)),
  };
  expect(priceChanges(before, moved)).toEqual([{ sku: "A", name: "Name of A", from: 1_000, to: 900 }]);
  expect(priceChanges(before, after)).toEqual([]);
});

describe("money", () => {
  test("is written with the digits of its currency, which are not always two", () => {
    expect(formatMoney(usd(199_900))).toBe("$1,999.00");
    expect(formatMoney({ amount: 1_999, currency: "JPY" })).toBe("¥1,999");
    expect(formatMoney({ amount: 1_999, currency: "KWD" })).toContain("1.999");
  });

  test("is the same amount in every currency, also where people write fewer digits than it has", () => {
    expect(formatMoney({ amount: 199_950, currency: "RSD" })).toMatch(/1,999\.50$/);
    expect(decimalOf({ amount: 1_999_500, currency: "IQD" })).toBe(1_999.5);
    for (const currency of Intl.supportedValuesOf("currency")) {
      const price = { amount: 1_999 * 10 ** exponentOf(currency), currency };
      expect(formatMoney(price)).toMatch(/1,999(?:\.0+)?$/);
      expect(decimalOf(price)).toBe(1_999);
    }
  });

  test("in tracking calls is in major units, without the dust of floats", () => {
    expect([1, 10, 1_899, 333_333_333].map((amount) => decimalOf(usd(amount)))).toEqual([
      0.01, 0.1, 18.99, 3_333_333.33,
    ]);
    expect(decimalOf({ amount: 500, currency: "JPY" })).toBe(500);
  });

  test("is saved only where the former price was higher and of the same currency", () => {
    expect(savedPercent(usd(3_800), usd(4_400))).toBe(14);
    expect(savedPercent(usd(3_800), undefined)).toBe(0);
    expect(savedPercent(usd(3_800), usd(3_800))).toBe(0);
    expect(savedPercent(usd(3_800), { amount: 9_000, currency: "JPY" })).toBe(0);
  });
});

describe("products that share a product_id", () => {
  const product = (sku: string, name: string, price: number, available = 5): Product => ({
    sku,
    product_id: sku.split("-")[0] ?? sku,
    name,
    category: "lips",
    brand: "Emberlea",
    description: "",
    price: usd(price),
    image: "",
    available,
    available_as_of: null,
    status: "active",
  });

  test("are one card, cheapest first, in whichever order their SKUs came; the one that leads can be had", () => {
    const [balm, other] = familiesOf([
      product("BALM-B", "Balm, 4 g, Berry", 1_400, 0),
      product("OTHER-1", "Other", 900),
      product("BALM-A", "Balm, 4 g, Coral", 1_400),
      product("BALM-C", "Balm, 9 g, Coral", 900, 0),
    ]);
    expect(balm?.variants.map(({ sku }) => sku)).toEqual(["BALM-C", "BALM-A", "BALM-B"]);
    expect(balm && leadOf(balm).sku).toBe("BALM-A");
    expect([balm?.title, other?.title]).toEqual(["Balm", "Other"]);
  });

  test("are told apart by what differs in their names, and share the rest", () => {
    const variants = [product("L-1", "Mascara, 9 ml, Black", 1), product("L-2", "Mascara, 9 ml, Brown", 1)];
    expect(optionLabels(variants)).toEqual({ labels: ["Black", "Brown"], common: ["9 ml"] });
    expect(optionLabels([product("S-1", "Serum, 30 ml", 1)])).toEqual({ labels: [], common: ["30 ml"] });
  });

  test("are plenty, few or none", () => {
    expect([11, 10, 1, 0, -1].map(availabilityOf)).toEqual(["plenty", "few", "few", "none", "none"]);
  });
});
