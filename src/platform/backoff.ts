export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Exponential backoff in ms with "equal jitter": between half and all of `baseMs * 2^(attempt - 1)`, at most `maxMs`. Half is
 * kept so that a retry is never immediate, half is random so that clients which failed together do not come back together.
 */
export function backoffMs(attempt: number, baseMs: number, maxMs: number, random: () => number = Math.random): number {
  const full = Math.min(baseMs * 2 ** Math.min(attempt - 1, 30), maxMs);
  return Math.round(full * (0.5 + random() / 2));
}
