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

export function isPlatformFailure(error: Error): boolean {
  const flagged = ["retryable", "overloaded", "remote"].some((flag) => Reflect.get(error, flag) === true);
  return flagged || PLATFORM_FAILURES.some((pattern) => pattern.test(error.message));
}
