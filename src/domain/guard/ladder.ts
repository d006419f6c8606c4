import { BUCKETS } from "./bucket.ts";

/** The rungs that a path climbs, as shares of its subjects. At 0 it is only mirrored: the new path computes, the safe one answers. */
export const LADDER = [0, 100, 500, 2_500, 5_000, BUCKETS] as const;

export const SHADOW_RUNG = 0;
export const TOP_RUNG = LADDER.length - 1;

export const shareOf = (rung: number): number => LADDER[rung] ?? 0;

/** `1 %`, `25 %`; `shadow` for the rung without a share. */
export const rungName = (rung: number): string => (rung === SHADOW_RUNG ? "shadow" : `${shareOf(rung) / 100} %`);

/** In the order of the rungs. */
export const RUNG_NAMES: readonly string[] = LADDER.map((_share, rung) => rungName(rung));
