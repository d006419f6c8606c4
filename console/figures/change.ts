/** How today compares with yesterday by the same time. */
export interface Change {
  readonly direction: "up" | "down" | "level";
  /** Of yesterday's figure, 0.12 = 12 %; null when yesterday was nothing, of which there is no share. */
  readonly share: number | null;
}

/** What rounds to nothing is not called a rise or a fall. */
const LEVEL = 0.000_5;

export function changeOf(today: number | null, yesterday: number | null): Change | null {
  if (today === null || yesterday === null) return null;
  if (yesterday === 0) return today === 0 ? { direction: "level", share: 0 } : { direction: "up", share: null };
  const share = (today - yesterday) / Math.abs(yesterday);
  const direction = Math.abs(share) < LEVEL ? "level" : share > 0 ? "up" : "down";
  return { direction, share: Math.abs(share) };
}
