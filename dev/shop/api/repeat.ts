/** What came back from one request; without a status nothing did. */
export interface Attempted {
  readonly status?: number;
  readonly retryAfter?: string | null;
}

const FIRST_DELAY_MS = 300;
const LONGEST_DELAY_MS = 5_000;

/** Whether the same request may get another answer in a moment. A refusal would only be refused again. */
export function isWorthRepeating({ status }: Attempted): boolean {
  return status === undefined || status === 429 || status >= 500;
}

/** How long to wait after so many tries: what the shop asked for, else twice as long each time. */
export function repeatDelayMs(tries: number, retryAfter: string | null | undefined): number {
  const asked = Number(retryAfter ?? Number.NaN) * 1_000;
  return Math.min(asked >= 0 ? asked : FIRST_DELAY_MS * 2 ** (tries - 1), LONGEST_DELAY_MS);
}
