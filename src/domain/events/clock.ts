/** A year, a month and a day at least: `Date.parse` also takes "1" and "Tuesday 5", which nobody means. */
const SHORTEST_DATE = "2026-01-01".length;
const DASH = 45;

/**
 * A client's own time in UTC ms: RFC 3339 text, or ms as a number. 0 when there is none, `NaN` when it is not a time after 1970.
 */
export function stampOf(value: unknown): number {
  if (value === undefined || value === null || value === "") return 0;
  if (typeof value === "number") return value > 0 && value < Number.MAX_SAFE_INTEGER ? Math.floor(value) : Number.NaN;
  if (typeof value !== "string" || value.length < SHORTEST_DATE || value.charCodeAt(4) !== DASH) return Number.NaN;
  const stamp = Date.parse(value);
  return stamp > 0 ? stamp : Number.NaN;
}

/**
 * When an event really happened. Its client's clock may be wrong by any amount, but by the same in both of its times, so their difference
 * is right: receivedAt - (sentAt - stamp). Never later than it was received. Without a `sentAt` (0) the client's clock is all there is.
 * Source: https://www.twilio.com/docs/segment/connections/spec/common#timestamps
 */
export function eventTime(stamp: number, sentAt: number, receivedAt: number): number {
  if (stamp === 0) return receivedAt;
  const at = sentAt > 0 ? receivedAt - (sentAt - stamp) : stamp;
  return at < receivedAt ? at : receivedAt;
}
