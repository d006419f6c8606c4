import { describe, expect, it } from "vitest";
import type { Finding } from "../../scripts/audit/finding.ts";
import { reconcile } from "../../scripts/audit/reconcile.ts";
import { accountsOf, wrongsOf } from "../../scripts/drills/chaos/accounts.ts";
import { planOf } from "../../scripts/drills/chaos/plan.ts";
import { readSettings } from "../../scripts/drills/chaos/settings.ts";
import { entryOf, intentOf, orderObject, shop } from "../support/audit-shop.ts";

/** Goal: the drill breaks what it says, and cannot end well when an order was lost or charged twice. */
const findingOf = (change: Parameters<typeof shop>[0] = {}): Finding => {
  const snapshot = shop(change);
  return { snapshot, verdict: reconcile(snapshot), moving: [] };
};

describe("the plan", () => {
  it("is the seed's alone: the same one again, another one for another seed", () => {
    expect(planOf(7, 500)).toEqual(planOf(7, 500));
    expect(planOf(7, 500)).not.toEqual(planOf(8, 500));
  });

  it("aborts objects and kills the runtime from beginning to end, also after the last order was decided", () => {
    for (const orders of [1, 40, 500, 2_000]) {
      const { stories, strikes } = planOf(orders, orders);
      expect(stories).toHaveLength(orders);
      const kills = strikes.filter(({ act }) => act === "kill").length;
      expect(kills).toBeGreaterThanOrEqual(1);
      expect(strikes.length - kills).toBeGreaterThanOrEqual(3);
      expect(strikes.every(({ afterOrders }) => afterOrders >= 0 && afterOrders <= orders)).toBe(true);
      expect(strikes.some(({ afterOrders }) => afterOrders === orders)).toBe(true);
    }
  });

  it("has every kind of story in it", () => {
    const kinds = new Set(planOf(1, 500).stories.map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(["good_card", "bad_card", "canceled", "browser", "refunded", "scarce"]));
  });
});

describe("the accounts", () => {
  it("an accepted order that the shop does not know, or that still waits, is lost", () => {
    const accepted = ["ord_1", "ord_2", "ord_gone"].map((id) => ({ id, kind: "good_card" as const }));
    const accounts = accountsOf(accepted, findingOf());
    expect(accounts.lost).toEqual(["ord_2 (good_card) is requires_action", "ord_gone (good_card) is unknown"]);
    expect(wrongsOf(accounts)).toHaveLength(1);
  });

  it("a declined card that was charged all the same is wrong, and so is a second charge", () => {
    const paid = accountsOf([{ id: "ord_1", kind: "bad_card" }], findingOf());
    expect(paid.lost).toEqual(["ord_1 (bad_card) is paid"]);
    const twice = [intentOf("ord_1"), intentOf("ord_1", { id: "pi_again" })];
    const orders = [entryOf(orderObject("ord_1"))];
    const doubled = accountsOf([{ id: "ord_1", kind: "good_card" }], findingOf({ orders, intents: twice }));
    expect(wrongsOf(doubled)).toEqual([
      expect.stringContaining("charged more than once"),
      "the audit does not balance",
    ]);
  });

  it("an order that no shopper was told of was made twice under one key", () => {
    const accounts = accountsOf([{ id: "ord_2", kind: "good_card" }], findingOf());
    expect(accounts.untold).toEqual(["ord_1"]);
    expect(wrongsOf(accounts)).toContain("1 orders were made that nobody was told of, e.g. ord_1");
  });

  it("an order that was canceled may not be paid, unless its shopper was told that it is too late", () => {
    const canceled = { id: "ord_1", kind: "canceled" as const };
    expect(accountsOf([canceled], findingOf()).lost).toEqual(["ord_1 (canceled) is paid"]);
    expect(accountsOf([{ ...canceled, wasTooLate: true }], findingOf()).lost).toEqual([]);
    const orders = [entryOf(orderObject("ord_1", { status: "canceled", stock: "released", captured: 0 }))];
    expect(accountsOf([canceled], findingOf({ orders })).lost).toEqual([]);
  });

  it("a run without orders proves nothing", () => {
    expect(wrongsOf(accountsOf([], findingOf()))).toContain("no order was accepted");
  });
});

it("takes a seed, and no number that it could not keep", () => {
  expect(readSettings([], 9)).toEqual({ orders: 500, seed: 9, place: "default" });
  expect(readSettings(["--seed", "0", "--orders", "20", "--tmpfs"], 9)).toEqual({
    orders: 20,
    seed: 0,
    place: "tmpfs",
  });
  for (const wrong of [
    ["--seed", "1.5"],
    ["--seed", "x"],
    ["--orders", "0"],
    ["--disk", "--tmpfs"],
  ]) {
    expect(() => readSettings(wrong, 9)).toThrow(/^--seed is|^--orders is|not on both/);
  }
});
