import { parse as uuidBytes } from "uuid";
import { hash64, type Hash64 } from "./hash.ts";

/**
 * Which EventShard folds what. The number of shards may change, but where an id was looked up must not: a retry would be counted again in
 * another shard. So a change begins at a time, and the time that decides is the event's own (`stamp`: as the client sent it, the
 * same in every retry), never the time of day.
 */
export interface RoutingEpoch {
  /** UTC ms; 0 for the first. */
  readonly startsAt: number;
  readonly shards: number;
}
/** By start, ascending, and never empty. */
export type Routing = readonly RoutingEpoch[];

export const MAX_SHARDS = 256;
export const MAX_SLICES = 64;
const MAX_EPOCHS = 32;

/**
 * Reads `EVENT_SHARDS`: `"4"`, or `"4;2026-12-01T00:00:00Z=8"` for four shards and, for what happens from December on, eight. Throws on anything
 * else: a routing that is half understood would count events twice. A start has to lie in the future when it is deployed.
 */
export function parseRouting(text: string): Routing {
  const epochs = text.split(";").map((part, index): RoutingEpoch => {
    const [count, start, ...rest] = part.trim().split("=").toReversed();
    if (rest.length > 0 || (start === undefined) !== (index === 0)) throw new Error(`EVENT_SHARDS: "${part}"`);
    return { startsAt: start === undefined ? 0 : startOf(start), shards: countOf("EVENT_SHARDS", count, MAX_SHARDS) };
  });
  if (epochs.length > MAX_EPOCHS) throw new Error(`EVENT_SHARDS: more than ${MAX_EPOCHS} epochs`);
  const isAscending = epochs.every(({ startsAt }, i) => i === 0 || startsAt > (epochs[i - 1]?.startsAt ?? 0));
  if (!isAscending) throw new Error("EVENT_SHARDS: epochs must be in the order of their starts");
  return epochs;
}

/** Reads `PRODUCT_SLICES`: how many `ProductMetrics` objects share the products. */
export const parseSlices = (text: string): number => countOf("PRODUCT_SLICES", text, MAX_SLICES);

/** The shard of a key, 0-based. `stamp` in UTC ms, 0 when there is none. No allocation: this runs once per event. */
export function shardIndex(routing: Routing, keyLow: number, stamp: number): number {
  let shards = 1;
  for (const epoch of routing) {
    if (epoch.startsAt > 0 && !(stamp >= epoch.startsAt)) break;
    shards = epoch.shards;
  }
  return keyLow % shards;
}

export const shardOf = (routing: Routing, key: Hash64, stamp: number): string =>
  shardName(shardIndex(routing, key.low, stamp));

export const shardName = (index: number): string => `shard-${index}`;
export const sliceName = (index: number): string => `slice-${index}`;

/** The slice of a SKU, 0-based. */
export const sliceIndex = (sku: string, slices: number): number => hash64(sku).low % slices;

/** Every shard that any epoch uses: what has to be asked for a sum over all of them. */
export function allShards(routing: Routing): string[] {
  return Array.from({ length: Math.max(...routing.map(({ shards }) => shards)) }, (_, index) => shardName(index));
}

export const allSlices = (slices: number): string[] => Array.from({ length: slices }, (_, index) => sliceName(index));

/** When an id was made, UTC ms: ours are UUIDv7 (RFC 9562) behind a prefix. 0 for any other. */
export function timeOfId(id: string): number {
  try {
    const bytes = uuidBytes(id.slice(id.indexOf("_") + 1));
    const isVersion7 = (bytes[6] ?? 0) >> 4 === 7;
    return isVersion7 ? bytes.slice(0, 6).reduce((time, byte) => time * 256 + byte, 0) : 0;
  } catch {
    return 0;
  }
}

function countOf(variable: string, text: string | undefined, max: number): number {
  const count = Number(text?.trim() || Number.NaN);
  if (!Number.isInteger(count) || count < 1 || count > max)
    throw new Error(`${variable}: "${text}" is not 1 to ${max}`);
  return count;
}

function startOf(text: string): number {
  const at = Date.parse(text.trim());
  if (!/T.*Z$/.test(text.trim()) || !(at > 0)) throw new Error(`EVENT_SHARDS: "${text}" is not a time in UTC`);
  return at;
}
