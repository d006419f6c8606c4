import { characteristicAt } from "../../src/domain/guard/characteristic.ts";
import { RUN_LIMIT, TRIP_AT } from "../../src/domain/guard/cusum.ts";
import type { DecisionKind } from "../../src/domain/guard/decision.ts";
import { type FlagDefinition, PATH_FLAGS } from "../../src/domain/guard/definitions.ts";
import { operationsNeeded } from "../../src/domain/guard/evidence.ts";
import { type Flag, liveShareOf } from "../../src/domain/guard/flag.ts";
import { LADDER } from "../../src/domain/guard/ladder.ts";
import { type ErrorSample, evidenceOf, obstacles } from "../../src/domain/guard/report.ts";
import { decisionView, flagDetails, flagView, seriesView } from "../../src/domain/guard/body.ts";
import type { FlagDecisionsBody, FlagDetails, FlagsBody, FlagView, SeriesBody } from "../../src/domain/guard/view.ts";

/** What the admin API says of a flag, made by the same functions. Times in UTC ms. */
export const [CARTS, CHECKOUT] = PATH_FLAGS;

export function viewOf(flag: Flag, now: number, samples: readonly ErrorSample[] = [], perSecond = 20): FlagView {
  const { operations, errors } = evidenceOf(flag);
  return {
    flag,
    share: liveShareOf(flag),
    evidence: { operations, errors, needed: operationsNeeded(errors) ?? null },
    obstacles: obstacles(flag, now, { dwellMs: 120_000, stallMs: 1_800_000 }),
    rungs: LADDER.map((share, rung) => ({ rung, share, passed: rung < flag.rung, current: rung === flag.rung })).filter(
      ({ rung }) => rung >= flag.firstRung,
    ),
    samples,
    characteristic: characteristicAt(perSecond),
  };
}

export const detailsOf = (definition: FlagDefinition, view: FlagView | null, isGuarded = true): FlagDetails =>
  flagDetails(definition, isGuarded, view);

export const listOf = (
  flags: readonly (readonly [FlagDefinition, FlagView | null])[],
  isGuarded = true,
  silent: readonly FlagDefinition[] = [],
): FlagsBody => ({
  data: flags.map(([definition, view]) => flagView(definition, isGuarded, view)),
  silent,
  next_cursor: null,
});

/** An hour of ten seconds each that went well, and at its end so many failures in each. */
export function seriesOf(now: number, failures: readonly number[]): SeriesBody {
  const quiet = Array.from({ length: 360 - failures.length }, () => 0);
  let s = 0;
  const points = [...quiet, ...failures].map((err, index, all) => {
    s = err === 0 ? Math.max(0, s - 40) : s + 99 * err;
    return { at: now - (all.length - index) * 10_000, ok: err === 0 ? 40 : 0, err, safe: 10, s, share: 2_500 };
  });
  return seriesView({ bucketMs: 10_000, limit: TRIP_AT, points });
}

export interface Entry {
  readonly kind: DecisionKind;
  readonly by: string;
  readonly reason: string;
  readonly before: Flag;
  readonly after: Flag;
  readonly samples?: readonly ErrorSample[];
}

/** Given oldest first, answered newest first, as the API does. */
export function logOf(now: number, entries: readonly Entry[], firstBroken: number | null = null): FlagDecisionsBody {
  const data = entries.map(({ kind, by, reason, before, after, samples = [] }, index) =>
    decisionView({
      seq: index + 1,
      at: now - (entries.length - index) * 60_000,
      kind,
      by,
      reason,
      from: before.state,
      to: after.state,
      share: { from: liveShareOf(before), to: liveShareOf(after) },
      epoch: after.epoch,
      evidence: {
        s: before.guard.s,
        limit: TRIP_AT,
        run: before.guard.run,
        runLimit: RUN_LIMIT,
        ...evidenceOf(before),
        needed: operationsNeeded(evidenceOf(before).errors) ?? null,
        rule: kind === "rolled_back" ? "run" : null,
        samples,
        effect: after.effect,
      },
      previous: "0".repeat(64),
      hash: `${index}c0ffee`.padEnd(64, "0"),
    }),
  );
  return {
    data: data.toReversed(),
    next_cursor: null,
    chain: { intact: firstBroken === null, first_broken: firstBroken },
  };
}
