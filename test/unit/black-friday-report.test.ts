import { describe, expect, it } from "vitest";
import type { Ledger } from "../../bench/events/ledger.ts";
import type { Finding } from "../../scripts/audit/finding.ts";
import { reconcile } from "../../scripts/audit/reconcile.ts";
import { accountsOf, type Circumstances, wrongsOf } from "../../scripts/black-friday/accounts.ts";
import { latencyOf } from "../../scripts/black-friday/latency.ts";
import { NO_COUNTS, type Outcome } from "../../scripts/black-friday/messages.ts";
import { renderPage } from "../../scripts/black-friday/page.ts";
import { comparisonOf, remarksOn, render, reportOf } from "../../scripts/black-friday/report.ts";
import type { Findings } from "../../scripts/black-friday/run.ts";
import { phasesOf, seriesOf } from "../../scripts/black-friday/series.ts";
import { readSettings } from "../../scripts/black-friday/settings.ts";
import type { Moment } from "../../scripts/black-friday/watch.ts";
import { entryOf, intentOf, orderObject, shop, stockEntry, usd } from "../support/audit-shop.ts";

/**
 * Goal: the report cannot look better than the day was. The threats are an order that nobody misses, a wait that is left out because nobody answered at
 * all, and a page that needs the network to be read.
 */
const findingOf = (change: Parameters<typeof shop>[0] = {}): Finding => {
  const snapshot = shop(change);
  return { snapshot, verdict: reconcile(snapshot), moving: [] };
};

const DAY_MS = 24_000;
const good = (order: string) => ({ order, card: "good" as const, flash: false });
const authenticated = (order: string) => ({ ...good(order), card: "authenticated" as const });
const outcomeOf = (change: Partial<Outcome> = {}): Outcome => ({
  began_at: Date.UTC(2026, 10, 27),
  played_ms: DAY_MS + 500,
  counts: { ...NO_COUNTS, accepted: 2, events_sent: 30, events_acknowledged: 30, requests: 50 },
  inside_most: 12,
  accepted: [good("ord_1"), authenticated("ord_2")],
  checkouts: [
    [100, 10, 10],
    [2_000, 300, 20],
    [2_100, 500, 20],
  ],
  unanswered_checkouts: [],
  batches: [],
  endings: { bought: 1 },
  refusals: {},
  late_ms: 4,
  busy: 0.3,
  ...change,
});
const ledgerOf = (change: Partial<Ledger> = {}): Ledger => ({
  received: 30,
  applied: 30,
  duplicate: 0,
  late: 0,
  rejected: 0,
  pending: 0,
  rejected_by: [],
  facts: [],
  ...change,
});

/** In a shop of its own, with connections that break. */
const ALONE: Circumstances = { ledger: ledgerOf(), faults: "network" };

describe("accounts", () => {
  const wrongs = (outcome: Outcome, finding: Finding, change: Partial<Circumstances> = {}): string[] =>
    wrongsOf(accountsOf(outcome, finding, { ...ALONE, ...change }), outcome.counts.two_orders);

  it("an order that was accepted and is not in the shop, or waits for ever, is lost", () => {
    const accepted = [good("ord_1"), good("ord_gone"), authenticated("ord_2")];
    expect(wrongs(outcomeOf({ accepted }), findingOf())).toEqual([
      "1 of 3 accepted orders did not end as they may, e.g. ord_gone (good card) is unknown",
    ]);
    expect(wrongs(outcomeOf({ accepted: [good("ord_2")] }), findingOf())[0]).toContain(
      "ord_2 (good card) is requires_",
    );
  });

  it("a declined card that paid is as wrong as a good one that did not", () => {
    const accepted = [{ ...good("ord_1"), card: "declined" as const }];
    expect(wrongs(outcomeOf({ accepted }), findingOf())[0]).toContain("ord_1 (declined card) is paid");
  });

  it("units that orders claim and nobody delivered are oversold, whatever the stock says of itself", () => {
    const stock = [stockEntry({ received: 1, on_hand: 1, sold: 0, reserved: 0 })];
    const accounts = accountsOf(outcomeOf(), findingOf({ stock }), { ...ALONE, ledger: null });
    expect(accounts.oversold).toEqual([{ sku: "A", units: 3 }]);
    expect(wrongsOf(accounts, 0)[0]).toBe("3 units were sold that never existed, e.g. of A");
  });

  it("two charges of one order, two orders under one key and a dead letter each end the run badly", () => {
    const intents = [intentOf("ord_1"), intentOf("ord_1", { id: "pi_again" })];
    expect(wrongs(outcomeOf(), findingOf({ intents }))).toContain("1 orders were charged more than once, e.g. ord_1");
    const counts = { ...outcomeOf().counts, two_orders: 1 };
    expect(wrongs(outcomeOf({ counts }), findingOf())).toEqual(["1 checkouts became two orders under one key"]);
    const metrics = { queues: [], dead_letters: [{ queue: "payments-dead", count: 2 }] };
    expect(wrongs(outcomeOf(), findingOf({ metrics }))).toEqual(["2 messages ended as dead letters"]);
    expect(wrongs(outcomeOf({ accepted: [] }), findingOf())).toContain("no order was accepted");
  });

  it("an order that nobody was told of is one too many, unless a shopper may not have heard; in a shop that others use it is theirs", () => {
    const outcome = outcomeOf({ accepted: [good("ord_1")] });
    expect(wrongs(outcome, findingOf())).toEqual([
      "1 orders were made that nobody was told of, e.g. ord_2, and 0 shoppers may not have heard",
    ]);
    expect(wrongs({ ...outcome, unanswered_checkouts: [2_050] }, findingOf())).toEqual([]);
    expect(wrongs({ ...outcome, endings: { still_inside: 1 } }, findingOf())).toEqual([]);
    expect(wrongs(outcome, findingOf(), { ledger: null })).toEqual([]);
    const rejected = entryOf(orderObject("ord_2", { status: "rejected", stock: "released", captured: 0 }));
    const sold = entryOf(orderObject("ord_1"));
    expect(accountsOf(outcome, findingOf({ orders: [sold, rejected] }), ALONE).untold).toEqual([]);
  });

  it("a card that pays may only end unpaid when the provider is in trouble, and then one in a hundred", () => {
    const unpaidOf = (card: "good" | "authenticated", failed: number, faults: Circumstances["faults"]): string[] => {
      const payment = { status: "failed", captured: usd(0), refunded: usd(0) };
      const gone = { status: "payment_failed", stock: "released" as const, captured: 0, payment };
      const ids = Array.from({ length: 200 }, (_, n) => `ord_${n}`);
      const orders = ids.map((id, n) => entryOf(orderObject(id, n < failed ? gone : {})));
      const accepted = ids.map((order) => ({ order, card, flash: false }));
      return wrongs(outcomeOf({ accepted }), findingOf({ orders }), { faults }).filter((one) => one.includes("unpaid"));
    };
    expect(unpaidOf("good", 1, "network")).toEqual(["1 orders of a card that pays ended unpaid, of which 0 may"]);
    expect(unpaidOf("authenticated", 1, "none")).toHaveLength(1);
    expect(unpaidOf("good", 2, "provider")).toEqual([]);
    expect(unpaidOf("authenticated", 3, "provider")).toHaveLength(1);
  });

  it("an order whose shopper had left when the bank asked may expire; a good card's may not", () => {
    const change = { status: "expired", stock: "released", captured: 0 } as const;
    const orders = [entryOf(orderObject("ord_1", change))];
    const ended = (card: "good" | "authenticated") => {
      const accepted = [{ order: "ord_1", card, flash: false }];
      return accountsOf(outcomeOf({ accepted }), findingOf({ orders, intents: [] }), ALONE).lost;
    };
    expect(ended("authenticated")).toEqual([]);
    expect(ended("good")).toEqual(["ord_1 (good card) is expired"]);
  });

  it("an acknowledged event that is counted nowhere is lost, one too many counts twice, and a repeat is neither", () => {
    const counted = (change: Partial<Ledger>) =>
      accountsOf(outcomeOf(), findingOf(), { ...ALONE, ledger: ledgerOf(change) });
    const lost = counted({ applied: 27, rejected: 1 });
    expect(lost.events).toEqual({ lost: 2, doubled: 0, rejected: 1 });
    const doubled = counted({ applied: 31 });
    expect(doubled.events).toEqual({ lost: 0, doubled: 1, rejected: 0 });
    const repeated = counted({ received: 45, duplicate: 15 });
    expect(repeated.events).toEqual({ lost: 0, doubled: 0, rejected: 0 });
    expect([lost, doubled, repeated].map((accounts) => wrongsOf(accounts, 0).length)).toEqual([1, 1, 0]);
  });
});

describe("figures", () => {
  it("a quantile is one of the values, and the longest wait is in it", () => {
    const waits = Array.from({ length: 100 }, (_, n) => n + 1);
    expect(latencyOf(waits)).toEqual({ count: 100, mean: 50.5, p50: 50, p99: 99, max: 100 });
    expect(latencyOf([]).p99).toBeNaN();
  });

  it("a wait belongs to the phase in which it began, and who was never answered is counted as due", () => {
    const phases = phasesOf(outcomeOf({ unanswered_checkouts: [2_050] }), DAY_MS);
    const [quiet, wall] = phases;
    expect(quiet).toMatchObject({ name: "quiet start", due: 1, p99: 10 });
    expect(wall).toMatchObject({ name: "midnight wall", due: 3, p99: 500 });
    expect(phases.reduce((sum, { due }) => sum + due, 0)).toBe(4);
  });

  it("the series add up to what happened, also where nobody looked for a while", () => {
    const moments = [1_200, 6_900, 24_400].map((at, look) => momentAt(at, 10 * (look + 1)));
    const { accepted, due, hour } = seriesOf(outcomeOf(), moments, DAY_MS);
    expect(due.reduce((sum, rate) => sum + rate, 0)).toBeCloseTo(3, 6);
    expect(accepted.filter((rate) => rate !== null)).toHaveLength(3);
    expect(hour[0]).toBeCloseTo(0.5, 6);
  });

  it("a backlog that was told long ago is not drawn as what is now", () => {
    const moments = [momentAt(1_200, 1), { ...momentAt(2_200, 1), ageMs: 9_000 }];
    expect(seriesOf(outcomeOf(), moments, DAY_MS).backlog.slice(0, 4)).toEqual([null, 40, null, null]);
  });
});

const momentAt = (at: number, accepted: number): Moment => ({
  at,
  counts: { ...NO_COUNTS, accepted },
  checkoutMs: { p50: 10, p99: 20 },
  charges: 3,
  backlog: 40,
  ageMs: 300,
  revenue: { amount: 123_456, currency: "USD" },
  paid: accepted,
  eventMs: { p50: 300, p99: 700, count: 9 },
  flash: { received: 50, on_hand: 1, sold: 49, reserved: 1 },
  oversold: 0,
});

function reportFor(outcome: Outcome, finding = findingOf()) {
  const findings: Findings = {
    outcome,
    finding,
    accounts: accountsOf(outcome, finding, ALONE),
    moments: [momentAt(1_000, 1), momentAt(24_000, 1)],
    events: { p50Ms: 300, p99Ms: 800, maxMs: 900, events: 30, unseen: 0 },
    boardMs: { p50: 300, p99: 700 },
    cpuMs: 12_000,
    cost: { perThousandEvents: 0.000123, perOrder: null, note: "list prices" },
    drainedMs: 200,
    auditedMs: 100,
  };
  const machine = { cpu: "</script><b>", cores: 2, memoryGiB: 24, system: "x", loadBefore: 0.1, versions: {} };
  const settings = readSettings(["--orders", "10", "--seconds", "24"], 5);
  const circumstances = { machine, settings, state: "disk", tookMs: 60_000 };
  return { report: reportOf(circumstances, findings), finding };
}

describe("report", () => {
  it("says what the case study had and what this run had, and nothing where either said nothing", () => {
    const rows = new Map(comparisonOf(reportFor(outcomeOf()).report).map((row) => [row.what, row]));
    expect(rows.get("event to board, p99")).toMatchObject({ seed: "2.8 s", ours: "700 ms" });
    expect(rows.get("cost of 1,000 events")).toMatchObject({ seed: "$0.0042", ours: "$0.00012" });
    expect(rows.get("cost of an order")).toMatchObject({ seed: "\u2013", ours: "not counted" });
    expect(rows.get("checkout, p99")).toMatchObject({ seed: "\u2013", ours: "500 ms" });
  });

  it("a day that was too much is told: who gave up, how late it was quiet, and what the shop answered", () => {
    const refusals = { "look 503 dependency_unavailable": 7 };
    const endings = { bought: 1, gave_up: 2, still_inside: 1 };
    const counts = { ...outcomeOf().counts, events_given_up: 15 };
    const overrun = outcomeOf({ played_ms: DAY_MS + 30_000, endings, refusals, counts, late_ms: 400 });
    expect(remarksOn(reportFor(overrun).report)).toEqual([
      "Arrivals outran the shop: it was quiet 30.2 s after the day was over.",
      "3 shoppers gave up without an answer; no latency counts them.",
      "15 events were refused until their sender gave up.",
      '7 times the shop answered "look 503 dependency_unavailable".',
      "The generator itself was late by up to 400 ms, which is in the figures.",
    ]);
    expect(remarksOn(reportFor(outcomeOf()).report)).toEqual([]);
  });

  it("the terminal shows the table of the audit and every sentence that says what is wrong", () => {
    const { report, finding } = reportFor(outcomeOf({ accepted: [good("ord_gone")] }));
    const text = render(report, finding);
    expect(text).toContain("3 every PaymentIntent has its order");
    expect(text).toContain("! 1 of 1 accepted orders did not end as they may");
  });

  it("the page loads nothing, holds all figures, and cannot be broken out of by a text that it shows", () => {
    const page = renderPage(reportFor(outcomeOf()).report);
    expect(page).not.toMatch(/<(?:link|img|iframe)\b|\bsrc=|@import|url\(\s*["']?(?:https?:)?\/\//);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toContain("</script><b>");
    const [, figures = ""] = /<script type="application\/json" id="figures">(.*?)<\/script>/s.exec(page) ?? [];
    expect(JSON.parse(figures)).toMatchObject({ currency: "USD", checkoutMs: { p99: 500 }, wrong: [] });
    expect(page.match(/<figure /g)).toHaveLength(7);
  });
});

describe("options", () => {
  it("the defaults fit into three minutes, --full is the case study's day, and --speed is another way to say --seconds", () => {
    expect(readSettings([], 5)).toMatchObject({ shoppers: 18_000, seed: 5, faults: "network", place: "default" });
    expect(readSettings(["--full"], 5)).toMatchObject({ orders: 82_000, shoppers: 18_000, place: "tmpfs" });
    expect(readSettings(["--full", "--disk"], 5)).toMatchObject({ orders: 82_000, place: "disk" });
    expect(readSettings(["--speed", "864"], 5).seconds).toBe(100);
    expect(readSettings(["--orders", "60", "--shoppers", "300"], 5).visits).toBe(375);
  });

  it("takes no option that it could not keep", () => {
    for (const [args, complaint] of [
      [["--orders", "0"], "--orders"],
      [["--seconds", "10", "--speed", "864"], "say the same"],
      [["--faults", "many"], "--faults"],
      [["--tmpfs", "--disk"], "not on both"],
      [["--orders", "50", "--visits", "10"], "--visits"],
    ] as const) {
      expect(() => readSettings(args, 1), args.join(" ")).toThrow(complaint);
    }
  });
});
