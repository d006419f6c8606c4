import { type Lease, safeLease } from "../../src/domain/guard/lease.ts";

/**
 * What src/storefront/rollout/leases.ts would be with a bug: an isolate keeps what it was granted first, for ever, whatever it is told afterwards. The
 * system test puts it in the place of the real one.
 */
const held = new Map<string, Lease>();

export type Defer = (work: Promise<unknown>) => void;

export async function leaseOn(env: StorefrontEnv, key: string): Promise<Lease> {
  const known = held.get(key);
  if (known) return known;
  const lease = (await env.FLAG_COORDINATOR.getByName(key).lease()) ?? safeLease(key);
  if (lease.share > 0) held.set(key, lease);
  return lease;
}

export const hold = (): void => {};
export const drop = (): void => {};
