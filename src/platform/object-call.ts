import { backoffMs, sleep } from "./backoff.ts";
import { meter } from "./meter.ts";

const CALLS_MAX = 3;
const BACKOFF_BASE_MS = 50;
const BACKOFF_MAX_MS = 1_000;

export interface RetryTools {
  readonly sleep?: (ms: number) => Promise<void>;
  readonly random?: () => number;
}

/**
 * Calls a Durable Object, and again (three calls in all) when the platform says that this helps. `call` must fetch its stub itself
 * each time, because a stub is broken once a call on it has thrown. Only for calls that are idempotent: a retryable failure does not
 * say whether the first call took effect. An overloaded object is left alone, since more calls are what it suffers from.
 * Source: Cloudflare's "Error handling" of Durable Objects.
 */
export async function callObject<P extends PromiseLike<unknown>>(
  call: () => P,
  tools: RetryTools = {},
): Promise<Awaited<P>> {
  const { sleep: wait = sleep, random = Math.random } = tools;
  for (let calls = 1; ; calls++) {
    try {
      return await timed(call);
    } catch (error) {
      if (calls === CALLS_MAX || !isWorthRepeating(error)) throw error;
      await wait(backoffMs(calls, BACKOFF_BASE_MS, BACKOFF_MAX_MS, random));
    }
  }
}

/**
 * An object is billed for the time in which it is active, which is at most what its caller waits. The call fetches its stub itself, so the last one that was
 * fetched says what the time was for.
 */
async function timed<P extends PromiseLike<unknown>>(call: () => P): Promise<Awaited<P>> {
  const startedAt = Date.now();
  meter.called = undefined;
  const answer = call();
  const area = meter.called ?? meter.home;
  try {
    return await answer;
  } finally {
    meter.add(`${area}.objectMs`, Date.now() - startedAt);
  }
}

/** The flags survive RPC, the error's class does not. */
export function isWorthRepeating(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const flag = (name: string): boolean => name in error && Reflect.get(error, name) === true;
  return flag("retryable") && !flag("overloaded");
}
