import { describe, expect, it } from "vitest";
import type { Line } from "../../scripts/drills/events/comparison.ts";
import { renderOutcome, renderTable } from "../../scripts/chaos/report.ts";
import { type Outcome, wrongDecisions } from "../../scripts/chaos/run.ts";
import { SCENARIOS } from "../../scripts/chaos/scenarios/list.ts";
import { Seen } from "../../scripts/chaos/seen.ts";
import { readSettings } from "../../scripts/chaos/settings.ts";

/** Goal: the suite cannot end well when the shop decided nothing, decided wrongly, or lost something. */
const INJECTED_AT = 1_000;
const noticed = (subject: string, kind: string, afterMs: number) => ({
  subject,
  kind,
  at: INJECTED_AT + afterMs,
  text: "as it says",
});
const BYPASS = { subject: /^enrich$/, kind: "opened", withinMs: 5_000 };

describe("what a shop must decide", () => {
  it("is wrong when it is not said, or later than is promised", () => {
    expect(wrongDecisions({ expect: [BYPASS] }, [noticed("enrich", "opened", 4_999)], INJECTED_AT)).toEqual([]);
    expect(wrongDecisions({ expect: [BYPASS] }, [], INJECTED_AT)).toEqual([`nobody said "opened" of ^enrich$`]);
    expect(wrongDecisions({ expect: [BYPASS] }, [noticed("enrich", "opened", 5_001)], INJECTED_AT)).toEqual([
      `"opened" of enrich took 5001 ms, and 5000 are promised`,
    ]);
  });

  it("is wrong when it is about what is well", () => {
    const scenario = { expect: [], never: [{ subject: /^payments$/ }] };
    expect(wrongDecisions(scenario, [noticed("orders", "opened", 1)], INJECTED_AT)).toEqual([]);
    expect(wrongDecisions(scenario, [noticed("payments", "opened", 1)], INJECTED_AT)).toEqual([
      "false alarm: payments opened: as it says",
    ]);
  });
});

describe("what shoppers saw", () => {
  it("has every try in the part in which it ended, with the slowest hundredth", () => {
    const seen = new Seen();
    const get = { method: "GET", path: "/v1/carts/cart_1", failure: undefined };
    for (let ms = 1; ms <= 100; ms++) seen.note({ ...get, ms });
    seen.part = "fault";
    seen.note({ ...get, ms: 15_000, failure: "503 away" });
    seen.note({ ...get, path: "/admin/v1/orders/ord_1/refund", ms: 9, failure: "503 away" });
    expect(seen.of("calm")).toEqual({ requests: 100, failed: 0, p99Ms: 99, failures: [] });
    const failures = [{ what: "GET /v1/carts/:id: 503 away", count: 1 }];
    expect(seen.of("fault")).toEqual({ requests: 1, failed: 1, p99Ms: 15_000, failures });
    expect(seen.of("after")).toEqual({ requests: 0, failed: 0, p99Ms: Number.NaN, failures: [] });
  });
});

const lines: Line[] = [];
const outcome: Outcome = {
  name: "queue-refuses",
  fault: "the queue refuses",
  seconds: 60,
  decisions: [{ afterMs: 1_234, subject: "ingest", kind: "opened", text: "Left the queue." }],
  detectMs: 1_234,
  recoverMs: 12_345,
  seen: {
    calm: { requests: 10, failed: 0, p99Ms: 20, failures: [] },
    fault: { requests: 40, failed: 2, p99Ms: 55, failures: [{ what: "GET /v1/carts/:id: 503", count: 2 }] },
    after: { requests: 0, failed: 0, p99Ms: Number.NaN, failures: [] },
  },
  boardStillMs: 800,
  accounts: { accepted: 9, charges: 8, lost: [], untold: [], doubled: [], givenUp: 0, deadLetters: 0, balanced: true },
  oversold: 0,
  events: { acknowledged: 4_000, lost: 0, doubled: 0 },
  replayed: 3,
  lines,
  wrong: [],
};

describe("the report", () => {
  it("has a row per scenario, and says of each whether its books balance", () => {
    const [head, first, second] = renderTable([outcome, { ...outcome, name: "other", wrong: ["lost"] }]).split("\n");
    expect(head?.split(/ {2,}/)).toEqual(expect.arrayContaining(["scenario", "detect", "recover", "audit"]));
    expect(first).toMatch(/^queue-refuses +1\.2 s +12\.3 s +5\.0 % +55 ms .* balanced$/);
    expect(second).toMatch(/^other .* WRONG$/);
  });

  it("tells the decisions in their order, and what was wrong", () => {
    const text = renderOutcome({ ...outcome, wrong: ["an order was lost"] });
    expect(text).toContain("1.2 s  ingest opened: Left the queue.");
    expect(text).toContain("2 times GET /v1/carts/:id: 503");
    expect(text).toContain("3 dead letters were replayed");
    expect(text).toContain("! an order was lost");
  });
});

it("every scenario has a name of its own, and a promise is made only where it can be kept", () => {
  const names = SCENARIOS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { expect: wanted, faultMs } of SCENARIOS) {
    for (const { withinMs } of wanted) expect(withinMs ?? 0).toBeLessThanOrEqual(faultMs);
  }
});

it("takes names of scenarios and a seed, and nothing that it does not know", () => {
  const known = ["d1-down", "flash-sale"];
  expect(readSettings(["flash-sale", "--tmpfs"], known, 9)).toEqual({
    names: ["flash-sale"],
    seed: 9,
    json: false,
    place: "tmpfs",
  });
  for (const wrong of [["d1"], ["--seed", "x"], ["--seed", "1.5"], ["--disk", "--tmpfs"]]) {
    expect(() => readSettings(wrong, known, 9)).toThrow(/^no scenario d1; there are d1-down|^--seed is|not on both/);
  }
});
