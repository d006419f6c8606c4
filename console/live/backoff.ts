const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/** How long to wait before try number `attempt` (from 0). `chance` in [0, 1) spreads the consoles that lost one board together. */
export const backoffMs = (attempt: number, chance: number): number =>
  Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10)) * (0.5 + chance / 2);
