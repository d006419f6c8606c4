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
  if (units === 0 || !key.limited || env.CLIENT_RATE_LIMIT === "off") return true;
  const isPublic = key.kind === "public";
  const limiter = isPublic ? env.TRACKING_CLIENT_LIMIT : env.TRACKING_KEY_LIMIT;
  const counted = { key: isPublic ? `${key.id}:${client}` : key.id };
  try {
    // The binding counts one at a time.
    const outcomes = await Promise.all(Array.from({ length: units }, () => limiter.limit(counted)));
    return outcomes.every(({ success }) => success);
  } catch (error) {
    log("warn", "rate_limiter_failed", { error: String(error) });
    return true;
  }
}

/** What the events of a request cost on top of the request itself. */
export const unitsOf = (events: number): number => Math.floor(events / EVENTS_PER_UNIT);
