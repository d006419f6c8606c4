import { describe, expect, it } from "vitest";
import type { Finding } from "../../scripts/audit/finding.ts";
import { reconcile } from "../../scripts/audit/reconcile.ts";
import { accountsOf, wrongsOf } from "../../scripts/drills/backlog/accounts.ts";
import { readSettings } from "../../scripts/drills/backlog/settings.ts";
import { rateOf, type Sample } from "../../scripts/drills/backlog/watch.ts";
import { entryOf, intentOf, orderObject, shop, stockEntry } from "../support/audit-shop.ts";

/** Goal: the drill cannot end well when an order was lost or charged twice. The threat is a drill that counts only what went right. */
const findingOf = (change: Parameters<typeof shop>[0] = {}): Finding => {
  const snapshot = shop(change);
  return { snapshot, verdict: reconcile(snapshot), moving: [] };
};

/** Of the shop the paid order alone. */
const SOLD = {
  orders: [entryOf(orderObject("ord_1"))],
  stock: [stockEntry({ reserved: 0 }, { held: [] })],
  intents: [intentOf("ord_1")],
};

describe("accounts", () => {
  it("an accepted order that the shop does not know, or that was never paid, is lost", () => {
    const accounts = accountsOf(["ord_1", "ord_2", "ord_gone"], findingOf());
    expect(accounts).toMatchObject({ accepted: 3, paid: 1, charges: 2, lost: ["ord_2", "ord_gone"], doubled: [] });
    expect(wrongsOf(accounts)).toEqual(["2 of 3 accepted orders are not paid, e.g. ord_2"]);
  });

  it("an order with two charges is doubled, and the audit says so as well", () => {
    const twice = [intentOf("ord_1"), intentOf("ord_1", { id: "pi_again" })];
    const accounts = accountsOf(["ord_1"], findingOf({ ...SOLD, intents: twice }));
    expect(accounts.doubled).toEqual(["ord_1"]);
    expect(wrongsOf(accounts)).toEqual([
      expect.stringContaining("charged more than once"),
      "the audit does not balance",
    ]);
  });

  it("an order that no shopper was told of was made twice under one key", () => {
    const again = entryOf(orderObject("ord_1b"));
    const accounts = accountsOf(["ord_1"], findingOf({ ...SOLD, orders: [...SOLD.orders, again] }));
    expect(wrongsOf(accounts)).toContain("1 orders were made that nobody was told of, e.g. ord_1b");
  });

  it("a dead letter is an order that nobody works on, and a drill without orders proves nothing", () => {
    const metrics = { queues: [], dead_letters: [{ queue: "payments-dead", count: 2 }] };
    const accounts = accountsOf(["ord_1"], findingOf({ ...SOLD, metrics }));
    expect(wrongsOf(accounts)).toEqual(["2 messages ended as dead letters"]);
    expect(wrongsOf(accountsOf([], findingOf()))).toContain("no order was accepted");
  });
});

describe("figures", () => {
  it("the rate of the drain ends with the last look at which charges waited: afterwards shoppers set the pace", () => {
    const look = (at: number, waiting: number, charges: number): Sample => ({
      at,
      waiting,
      charges,
      oldestWaitS: 0,
      newest: undefined,
      expectedS: undefined,
      undelivered: 0,
    });
    expect(rateOf([look(0, 900, 100), look(1_000, 700, 300), look(2_000, 500, 500), look(30_000, 0, 1_000)])).toBe(200);
    expect(rateOf([look(0, 0, 100)])).toBeNaN();
  });

  it("takes no number that it could not keep", () => {
    expect(readSettings([])).toEqual({ orders: 2_000, limit: 200, json: false, place: "default" });
    expect(() => readSettings(["--orders", "0"])).toThrow("--orders");
    expect(() => readSettings(["--limit", "many"])).toThrow("--limit");
    expect(() => readSettings(["--disk", "--tmpfs"])).toThrow("not on both");
  });
});
