import { log } from "../../platform/log.ts";
import type { WriteKey } from "./write-keys.ts";

/** So many events of a request cost as much as a request. */
const EVENTS_PER_UNIT = 100;

type Limiters = Pick<AnalyticsEnv, "CLIENT_RATE_LIMIT" | "TRACKING_CLIENT_LIMIT" | "TRACKING_KEY_LIMIT">;

/**
 * Whether so many units more are within the limit. Under a public key every client has its own, or one of them could silence all shoppers; a
 * secret key is one sender. The platform counts per location, not an isolate. A limiter that fails lets everything through: losing
 * events would be the greater harm.
 */
export async function isWithinLimit(env: Limiters, key: WriteKey, client: string, units: number): Promise<boolean> {
  if (!key.limited) return true;
  return key.kind === "public"
    ? isCounted(env, env.TRACKING_CLIENT_LIMIT, `${key.id}:${client}`, units)
    : isCounted(env, env.TRACKING_KEY_LIMIT, key.id, units);
}

/** Whether this client may have another key looked up: each is a query to the database that checkouts are priced from. */
export const mayLookUpKey = (env: Limiters, client: string): Promise<boolean> =>
  isCounted(env, env.TRACKING_CLIENT_LIMIT, `look-up:${client}`, 1);

async function isCounted(env: Limiters, limiter: RateLimit, key: string, units: number): Promise<boolean> {
  if (units === 0 || env.CLIENT_RATE_LIMIT === "off") return true;
  try {
    // The binding counts one at a time.
    const outcomes = await Promise.all(Array.from({ length: units }, () => limiter.limit({ key })));
    return outcomes.every(({ success }) => success);
  } catch (error) {
    log("warn", "rate_limiter_failed", { error: String(error) });
    return true;
  }
}

/** What the events of a request cost on top of the request itself. */
export const unitsOf = (events: number): number => Math.floor(events / EVENTS_PER_UNIT);
