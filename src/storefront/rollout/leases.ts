import { ageMs } from "../../domain/age.ts";
import { type Lease, LEASE_MS, RENEW_AFTER_MS, safeLease } from "../../domain/guard/lease.ts";
import { inTime } from "../../platform/in-time.ts";
import { log } from "../../platform/log.ts";

/** A coordinator that is slow holds a shopper up for no longer than this, in ms, and only the first one. */
const ASK_TIMEOUT_MS = 1_000;
/** After a question without an answer nobody waits for the next one for so long, in ms. */
const SILENT_MS = 2_000;
/** A renewal that was started and never ended is started again after so long, in ms. */
const RENEWAL_LOST_MS = 2_500;

interface Held {
  readonly lease: Lease;
  /** When it was asked for, UTC ms. */
  readonly askedAt: number;
}

/** What this isolate was granted. Values only: a promise of one request that another awaits hangs. */
const held = new Map<string, Held>();
const renewingSince = new Map<string, number>();
const silentSince = new Map<string, number>();

export type Defer = (work: Promise<unknown>) => void;

/** What may be done on this path right now. Without a lease that is alive: everything the safe way. */
export async function leaseOn(env: StorefrontEnv, key: string, defer: Defer): Promise<Lease> {
  const now = Date.now();
  const own = held.get(key);
  // Counted from the question and not from the answer: that is the later end of its age.
  if (own && ageMs(own.askedAt, now) < LEASE_MS) {
    const isRenewing = ageMs(renewingSince.get(key) ?? -Infinity, now) < RENEWAL_LOST_MS;
    if (ageMs(own.askedAt, now) >= RENEW_AFTER_MS && !isRenewing) {
      renewingSince.set(key, now);
      defer(ask(env, key));
    }
    return own.lease;
  }
  if (ageMs(silentSince.get(key) ?? -Infinity, now) < SILENT_MS) return safeLease(key);
  return (await ask(env, key)) ?? safeLease(key);
}

/** Takes what a coordinator granted, unless something newer is known. */
export function hold(lease: Lease, askedAt: number): void {
  const own = held.get(lease.key);
  const isNewer = own && own.askedAt > askedAt && ageMs(own.askedAt, Date.now()) < Infinity;
  if (own && (own.lease.epoch > lease.epoch || isNewer)) return;
  held.set(lease.key, { lease, askedAt });
}

/** What was granted turned out to be over: the next one who comes asks anew. */
export function drop({ key, epoch }: { readonly key: string; readonly epoch: number }): void {
  if (held.get(key)?.lease.epoch === epoch) held.delete(key);
}

async function ask(env: StorefrontEnv, key: string): Promise<Lease | undefined> {
  const askedAt = Date.now();
  try {
    const granted = env.FLAG_COORDINATOR.getByName(key).lease();
    const lease = (await inTime(granted, ASK_TIMEOUT_MS, "the coordinator's answer")) ?? safeLease(key);
    hold(lease, askedAt);
    return lease;
  } catch (error) {
    silentSince.set(key, Date.now());
    log("warn", "lease_not_granted", { flag: key, error: String(error) });
    return undefined;
  } finally {
    renewingSince.delete(key);
  }
}
