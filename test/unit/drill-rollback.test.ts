import { describe, expect, it } from "vitest";
import { reconcile } from "../../scripts/audit/reconcile.ts";
import { Failures, type Reach } from "../../scripts/drills/rollback/failures.ts";
import { wrongsOf } from "../../scripts/drills/rollback/report.ts";
import type { Findings } from "../../scripts/drills/rollback/run.ts";
import type { DecisionState, FlagState } from "../../scripts/drills/rollout/flag.ts";
import { LIMITS } from "../../src/domain/limits.ts";
import { shop } from "../support/audit-shop.ts";

/** Goal: the drill fails when the guard decides late. The threat is a record that forgets the first failures, so that no rollback was ever slow. */
const REHEARSED_AT = Date.UTC(2026, 10, 27);
/** An isolate hears of the rehearsal with its next lease. */
const FIRST_MS = 3_000;
const EVERY_MS = 300;
const iso = (ms: number): string => new Date(REHEARSED_AT + ms).toISOString();

/** The path fails every 300 ms until the guard takes it back; looks at the flag, which shows the newest twenty failures, are taken at these times. */
function drill(decidedMs: number, looks: readonly number[]): Reach {
  const failures = new Failures();
  const count = Math.floor((decidedMs - FIRST_MS) / EVERY_MS) + 1;
  const failed = Array.from({ length: count }, (_, n) => FIRST_MS + n * EVERY_MS);
  for (const look of looks) {
    const shown = failed.filter((ms) => ms <= look).slice(-LIMITS.decisionSamples);
    failures.see(shown.toReversed().map((ms) => failure(ms)));
  }
  const decisions = [decision("advanced", -60_000), decision("rehearsal", 0), decision("rolled_back", decidedMs)];
  return failures.reach({ effect: effect(null) }, decisions);
}

const failure = (ms: number): FlagState["errors"][number] => ({
  at: iso(ms),
  code: "rehearsed_fault",
  outcome: "definite_fail",
  request_id: `req_${ms}`,
});
const effect = (strayMs: number | null): FlagState["effect"] => ({
  since: iso(0),
  strays: strayMs === null ? 0 : 1,
  last_stray_at: strayMs === null ? null : iso(strayMs),
  safe_operations: 40,
  verdict: "effective",
});
const decision = (kind: string, ms: number): DecisionState => ({
  at: iso(ms),
  kind,
  by: "guard",
  reason: "",
  share_percent: { from: 50, to: 0 },
  evidence: { rule: "run", s: 800, operations: 5, errors: 5 },
});

/** What the drill says of a run in which everything else was as it must be. */
function wrongs(reach: Reach): string[] {
  const rolledBack: FlagState = {
    state: "rolled_back",
    share_percent: 0,
    rung: "50",
    epoch: 2,
    entered_at: iso(0),
    guard: { s: 0, limit: 800 },
    evidence: null,
    blocked_by: [],
    errors: [],
    effect: effect(null),
  };
  const findings: Findings = {
    ...reach,
    rolledBack,
    observed: rolledBack,
    decisions: [],
    chainIntact: true,
    orders: { edge: 10, legacy: 10 },
    shopperErrors: [],
    uncharged: [],
    doubled: [],
    finding: { snapshot: shop(), verdict: reconcile(shop()), moving: [] },
    requestsPerSecond: 20,
  };
  return wrongsOf(findings);
}

const looksUntil = (ms: number): number[] => Array.from({ length: Math.floor(ms / 200) + 1 }, (_, n) => n * 200);

describe("the bound", () => {
  it("a decision 30 s after the first failure is late, though the flag shows failures of its last six seconds only", () => {
    const late = drill(FIRST_MS + 30_000, [...looksUntil(FIRST_MS + 30_000), 60_000]);
    expect(late).toMatchObject({ reachedForMs: 30_000, decidedAfterMs: 30_000, failures: 101 });
    expect(wrongs(late)).toEqual(["the new path was reached for 30000 ms, more than 12000"]);
  });

  it("when the first look comes after the first failures were pushed out, it counts from the rehearsal", () => {
    const late = drill(FIRST_MS + 30_000, [60_000]);
    expect(late).toMatchObject({ reachedForMs: FIRST_MS + 30_000, failures: LIMITS.decisionSamples });
    expect(wrongs(late)).toHaveLength(1);
  });

  it("a decision with the fifth failure holds, and the time that the isolates took to hear of the rehearsal is none of it", () => {
    const prompt = drill(FIRST_MS + 4 * EVERY_MS, [...looksUntil(FIRST_MS + 4 * EVERY_MS), 30_000]);
    expect(prompt).toEqual({ reachedForMs: 1_200, decidedAfterMs: 1_200, failures: 5 });
    expect(wrongs(prompt)).toEqual([]);
  });

  it("who still strays in after the decision has reached the path, and a drill in which nothing failed proves nothing", () => {
    const failures = new Failures();
    failures.see([failure(FIRST_MS)]);
    const decisions = [decision("rehearsal", 0), decision("rolled_back", FIRST_MS + 10)];
    expect(failures.reach({ effect: effect(FIRST_MS + 13_000) }, decisions).reachedForMs).toBe(13_000);
    const none = new Failures().reach({ effect: effect(null) }, decisions);
    expect(none).toEqual({ reachedForMs: Number.NaN, decidedAfterMs: Number.NaN, failures: 0 });
    expect(wrongs(none)).toHaveLength(1);
  });
});
