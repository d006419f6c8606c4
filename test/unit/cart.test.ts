import { describe, expect, it } from "vitest";
import {
  abandonCart,
  beginCheckout,
  type Cart,
  changeCart,
  openCart,
  reclaimCart,
  settleCheckout,
} from "../../src/domain/cart.ts";
import { totalsOf } from "../../src/domain/money.ts";

const T0 = Date.UTC(2026, 10, 27);
const quote = (sku: string, unitPrice = 1_000) => ({ sku, name: sku, unitPrice, currency: "USD" });

const POLICY = { shippingFlat: 0, shippingFreeFrom: 0, taxBasisPoints: 0 };
const totals = totalsOf([], POLICY);

function cartWith(lines: Record<string, number>): Cart {
  let cart = openCart("cart_1", "USD", T0);
  for (const [sku, quantity] of Object.entries(lines)) {
    const reply = changeCart(cart, { type: "add_line", quote: quote(sku), quantity }, T0);
    if (!reply.ok) throw new Error(reply.reason);
    cart = reply.value;
  }
  return cart;
}

describe("a cart", () => {
  it("pitfall 6: puts the same SKU on one line and bounds what it adds up to", () => {
    const cart = cartWith({ A: 998 });
    const reply = changeCart(cart, { type: "add_line", quote: quote("A"), quantity: 2 }, T0);
    expect(reply).toMatchObject({ ok: false, reason: "quantity_limit", limit: 999, wanted: 1_000 });
    const one = changeCart(cart, { type: "add_line", quote: quote("A"), quantity: 1 }, T0);
    expect(one).toMatchObject({ ok: true, value: { lines: [{ sku: "A", quantity: 999 }] } });
  });

  it("refuses line 101 and names the limit", () => {
    const cart = cartWith(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`S${i}`, 1])));
    expect(changeCart(cart, { type: "add_line", quote: quote("Z"), quantity: 1 }, T0)).toMatchObject({
      reason: "line_limit",
      limit: 100,
    });
  });

  it("refuses a stale version and takes the current one", () => {
    const cart = cartWith({ A: 1 });
    const remove = { type: "remove_line", sku: "A" } as const;
    expect(changeCart(cart, remove, T0, cart.version - 1)).toMatchObject({
      reason: "stale_version",
      version: cart.version,
    });
    expect(changeCart(cart, remove, T0, cart.version)).toMatchObject({ ok: true, value: { lines: [] } });
  });

  it("pitfall 9: is billed at the catalog's price, and a price that changed is shown before it is charged", () => {
    const cart = cartWith({ A: 1 });
    const input = { quotes: [quote("A", 1_200)], pricedVersion: cart.version, totals, orderId: "ord_1" };
    const reply = beginCheckout(cart, input, T0);
    expect(reply).toMatchObject({ reason: "price_changed", cart: { status: "open", lines: [{ unitPrice: 1_200 }] } });
    if (reply.ok || reply.reason !== "price_changed") throw new Error("unexpected");
    const accepted = beginCheckout(reply.cart, { ...input, pricedVersion: reply.cart.version }, T0);
    expect(accepted).toMatchObject({ ok: true, value: { status: "checking_out", orderId: "ord_1" } });
  });

  it("is not billed at the price of another currency", () => {
    const cart = cartWith({ A: 1 });
    const quotes = [{ ...quote("A"), currency: "JPY" }];
    const reply = beginCheckout(cart, { quotes, pricedVersion: cart.version, totals, orderId: "ord_1" }, T0);
    expect(reply).toMatchObject({ ok: false, reason: "unavailable", skus: ["A"] });
  });

  it("is priced again when it changed while it was being priced", () => {
    const cart = cartWith({ A: 1 });
    const input = { quotes: [quote("A")], pricedVersion: cart.version - 1, totals, orderId: "ord_1" };
    expect(beginCheckout(cart, input, T0)).toMatchObject({ reason: "quotes_outdated" });
  });

  it("is not checked out at a total that cannot be charged, whoever made it so: prices, shipping or tax", () => {
    const dinar = { ...quote("A", 1_250), currency: "KWD" };
    const opened = openCart("cart_1", "KWD", T0);
    const added = changeCart(opened, { type: "add_line", quote: dinar, quantity: 1 }, T0);
    if (!added.ok) throw new Error(added.reason);
    const cart = added.value;
    const buy = (taxBasisPoints: number) => {
      const taxed = totalsOf(cart.lines, { ...POLICY, taxBasisPoints });
      return beginCheckout(cart, { quotes: [dinar], pricedVersion: cart.version, totals: taxed, orderId: "ord_1" }, T0);
    };
    // 10 % of 1.250 are 0.125, and 1.375 would have to be rounded.
    expect(buy(1_000)).toMatchObject({ reason: "not_chargeable", total: { amount: 1_375, currency: "KWD" } });
    expect(buy(0)).toMatchObject({ ok: true, value: { status: "checking_out" } });
  });

  it("cannot be checked out empty, twice, or with something that is no longer sold", () => {
    const empty = openCart("cart_1", "USD", T0);
    const start = (cart: Cart, quotes = [quote("A")]) =>
      beginCheckout(cart, { quotes, pricedVersion: cart.version, totals, orderId: "ord_1" }, T0);
    expect(start(empty)).toMatchObject({ reason: "empty_cart" });
    expect(start(cartWith({ A: 1 }), [])).toMatchObject({ reason: "unavailable", skus: ["A"] });
    const locked = start(cartWith({ A: 1 }));
    if (!locked.ok) throw new Error(locked.reason);
    expect(start(locked.value)).toMatchObject({ reason: "cart_in_checkout", orderId: "ord_1" });
    const ordered = settleCheckout(locked.value, "ord_1", "ordered", T0);
    expect(ordered && start(ordered)).toMatchObject({ reason: "cart_ordered", orderId: "ord_1" });
  });

  it("is only settled by its own order, and once", () => {
    const cart: Cart = { ...cartWith({ A: 1 }), status: "checking_out", orderId: "ord_1" };
    expect(settleCheckout(cart, "ord_2", "reopen", T0)).toBeUndefined();
    const open = settleCheckout(cart, "ord_1", "reopen", T0);
    expect(open).toMatchObject({ status: "open", orderId: undefined });
    expect(open && settleCheckout(open, "ord_1", "ordered", T0)).toBeUndefined();
  });

  it("goes back to the order that gave it up and was paid after all, unless the shopper has touched it since", () => {
    const cart: Cart = { ...cartWith({ A: 1 }), status: "ordered", orderId: "ord_1" };
    const open = settleCheckout(cart, "ord_1", "reopen", T0);
    if (!open) throw new Error("not reopened");
    expect(reclaimCart(open, "ord_1", T0)).toMatchObject({ status: "ordered", orderId: "ord_1" });
    const idle = 30 * 60_000;
    const abandoned = abandonCart(open, idle, T0 + idle);
    expect(abandoned && reclaimCart(abandoned, "ord_1", T0 + idle)).toMatchObject({ status: "ordered" });
    expect(reclaimCart(open, "ord_2", T0)).toBeUndefined();
    expect(reclaimCart(cart, "ord_1", T0)).toBeUndefined();
    const touched = changeCart(open, { type: "add_line", quote: quote("B"), quantity: 1 }, T0 + 1);
    if (!touched.ok) throw new Error(touched.reason);
    expect(reclaimCart(touched.value, "ord_1", T0 + 2)).toBeUndefined();
    const bought = { quotes: [quote("A")], pricedVersion: open.version, totals, orderId: "ord_2" };
    const again = beginCheckout(open, bought, T0 + 1);
    if (!again.ok) throw new Error(again.reason);
    expect(reclaimCart(again.value, "ord_1", T0 + 2)).toBeUndefined();
  });

  it("is abandoned after its idle time, unless there is nothing in it", () => {
    const idle = 30 * 60_000;
    expect(abandonCart(cartWith({ A: 1 }), idle, T0 + idle - 1)).toBeUndefined();
    expect(abandonCart(cartWith({ A: 1 }), idle, T0 + idle)?.status).toBe("abandoned");
    expect(abandonCart(openCart("cart_1", "USD", T0), idle, T0 + idle)).toBeUndefined();
  });
});

describe("totals", () => {
  const policy = { shippingFlat: 495, shippingFreeFrom: 5_000, taxBasisPoints: 825 };

  it("add shipping below the threshold, and tax on goods rounded half up", () => {
    expect(totalsOf([{ quantity: 1, unitPrice: 1_000 }], policy)).toEqual({
      subtotal: 1_000,
      discount: 0,
      shipping: 495,
      tax: 83,
      total: 1_578,
    });
    expect(totalsOf([{ quantity: 5, unitPrice: 1_000 }], policy)).toMatchObject({
      shipping: 0,
      tax: 413,
      total: 5_413,
    });
    expect(totalsOf([], policy).total).toBe(0);
  });
});
