/**
 * What the platform says when an object, a service or D1 is not there: overloaded, restarting, or never started. Everything else that is
 * thrown is a bug of ours.
 */
const PLATFORM_FAILURES = [
  /D1_ERROR/,
  /Network connection lost/i,
  /overloaded/i,
  /internal error; reference/i,
  /Durable Object/i,
  /Couldn't find/i,
  /not (?:found|connected|available)/i,
  /no such (?:table|actor)/i,
];

/** D1 was there, and was asked something wrong. */
const OUR_STATEMENTS = /constraint failed|no such column|syntax error/i;

/**
 * `remote` says nothing here: an object's own bug has it as well. Source: Cloudflare's "Error handling" of Durable Objects.
 */
export function isPlatformFailure(error: Error): boolean {
  const flagged = ["retryable", "overloaded"].some((flag) => Reflect.get(error, flag) === true);
  if (flagged) return true;
  return !OUR_STATEMENTS.test(error.message) && PLATFORM_FAILURES.some((pattern) => pattern.test(error.message));
}
