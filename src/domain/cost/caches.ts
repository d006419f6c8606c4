import { type CacheCount, type CacheName, type Counts, countOf } from "./counts.ts";
import { bounded, type SettingName, type Settings, SETTINGS } from "./settings.ts";

/** What governs each cache's lifetime. */
export const CACHE_SETTING: Readonly<Record<CacheName, SettingName>> = {
  catalog_item: "catalog_item_s",
  catalog_page: "catalog_page_s",
  enrichment: "enrichment_s",
};

/** Of a hundred answers so many may be out of date. */
export const STALE_SHARE_MAX = 0.01;
/** Fewer renewals say nothing about how often a value changes. */
const RENEWALS_MIN = 100;
/** What was seen at one lifetime says little about one that is much longer. */
const STEP_MAX = 4;

/** What a cache did in some time. Shares from 0 to 1; `null` where nothing was seen. */
export interface CacheReport {
  readonly cache: CacheName;
  readonly lookups: number;
  readonly hitRatio: number | null;
  readonly isolateRatio: number | null;
  /** Of what was answered, in ms. */
  readonly meanAgeMs: number | null;
  /** What a miss takes, in ms. */
  readonly loadMs: number | null;
  readonly renewals: number;
  /** Of the renewals: the value was another one. */
  readonly changedShare: number | null;
  /** Of the answers, at the lifetime in force, at most: the value had changed. */
  readonly staleShare: number | null;
  readonly lifetimeS: number;
  readonly suggestedS: number | null;
  /** What the hit ratio would be then. */
  readonly hitRatioThen: number | null;
}

export function cacheReport(counts: Counts, cache: CacheName, settings: Settings): CacheReport {
  const of = (what: CacheCount): number => countOf(counts, `cache.${cache}.${what}`);
  const [isolate, edge, loads, renewals] = [of("isolate"), of("edge"), of("load"), of("renewal")];
  const lookups = isolate + edge + loads;
  const lifetimeS = settings[CACHE_SETTING[cache]];
  const hitRatio = ratio(isolate + edge, lookups);
  const perS = changesPerS(of("changed"), renewals, of("renewalAgeMs"));
  const suggestedS = perS === null ? null : suggestLifetime(CACHE_SETTING[cache], perS, lifetimeS);
  return {
    cache,
    lookups,
    hitRatio,
    isolateRatio: ratio(isolate, lookups),
    meanAgeMs: ratio(of("ageMs"), lookups),
    loadMs: ratio(of("loadMs"), loads),
    renewals,
    changedShare: ratio(of("changed"), renewals),
    staleShare: perS === null ? null : staleShare(perS, lifetimeS),
    lifetimeS,
    suggestedS,
    hitRatioThen: suggestedS === null || hitRatio === null ? null : hitRatioAt(hitRatio, lifetimeS, suggestedS),
  };
}

const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

/**
 * How often a value changes, per second, at most (about 95 %): changes come like a Poisson process, so of values that are `age` old 1 - exp(-rate age)
 * have changed. The count is taken at its upper end, k + 2 sqrt(k) + 3, which is the rule of three where nothing changed: little evidence
 * makes a lifetime shorter and never longer. `null`: too little was seen.
 */
export function changesPerS(changed: number, renewals: number, renewalAgeMs: number): number | null {
  if (renewals < RENEWALS_MIN || !(renewalAgeMs > 0)) return null;
  const share = Math.min(0.99, (changed + 2 * Math.sqrt(changed) + 3) / renewals);
  return -Math.log(1 - share) / (renewalAgeMs / renewals / 1_000);
}

/** Of answers whose ages are spread evenly over the lifetime, those whose value has changed: 1 - (1 - exp(-x)) / x with x = rate times lifetime. */
export function staleShare(perS: number, lifetimeS: number): number {
  const x = perS * lifetimeS;
  return x < 1e-6 ? x / 2 : 1 - (1 - Math.exp(-x)) / x;
}

/**
 * The longest lifetime, in whole seconds, that keeps answers fresh enough. The stale share is at most half of rate times lifetime, which can be solved; so
 * the answer errs to the short side.
 */
export function suggestLifetime(setting: SettingName, perS: number, currentS: number): number {
  const longest = (2 * STALE_SHARE_MAX) / perS;
  return bounded(setting, Math.floor(Math.min(longest, currentS * STEP_MAX, SETTINGS[setting].max)));
}

/** A key that is asked for r times a second is answered r T times per load: ratio r T / (1 + r T). The r that was seen gives the ratio at another T. */
export function hitRatioAt(hitRatio: number, seenS: number, thenS: number): number {
  if (hitRatio >= 1) return 1;
  const askedPerLoad = (hitRatio / (1 - hitRatio)) * (thenS / seenS);
  return askedPerLoad / (1 + askedPerLoad);
}
