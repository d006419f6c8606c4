/**
 * Goal: a lifetime is suggested for what was seen, within its bounds, and errs to the fresh side. Threats: a cache that never saw a change kept for ever on the
 * word of ten renewals; more changes that lead to a longer lifetime; a suggestion that keeps more than a hundredth of the answers out of date.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  cacheReport,
  changesPerS,
  hitRatioAt,
  STALE_SHARE_MAX,
  staleShare,
  suggestLifetime,
} from "../../src/domain/cost/caches.ts";
import type { Counts } from "../../src/domain/cost/counts.ts";
import { type SettingName, SETTING_NAMES, SETTINGS, USUAL } from "../../src/domain/cost/settings.ts";

const LIFETIMES = SETTING_NAMES.filter((name) => name !== "log_share");
const anyLifetime = fc.constantFrom<SettingName>(...LIFETIMES);
const renewals = fc.integer({ min: 100, max: 1_000_000 });
const meanAgeMs = fc.integer({ min: 100, max: 3_600_000 });

const suggest = (setting: SettingName, changed: number, seen: number, ageMs: number): number | null => {
  const perS = changesPerS(changed, seen, seen * ageMs);
  return perS === null ? null : suggestLifetime(setting, perS, USUAL[setting]);
};

test("a suggestion is never outside of its bounds, whatever was seen", () => {
  fc.assert(
    fc.property(
      anyLifetime,
      renewals,
      fc.double({ min: 0, max: 1, noNaN: true }),
      meanAgeMs,
      (name, seen, share, age) => {
        const suggested = suggest(name, Math.floor(share * seen), seen, age);
        const { min, max } = SETTINGS[name];
        expect(suggested).toBeGreaterThanOrEqual(min);
        expect(suggested).toBeLessThanOrEqual(max);
      },
    ),
  );
});

test("more changes never lead to a longer lifetime, and more evidence for the same share never to a shorter one", () => {
  fc.assert(
    fc.property(anyLifetime, renewals, fc.nat(1_000_000), fc.nat(1_000_000), meanAgeMs, (name, seen, a, b, age) => {
      const [fewer, more] = [Math.min(a, b), Math.max(a, b)].map((count) => Math.min(count, seen));
      const shorter = suggest(name, more ?? 0, seen, age);
      expect(shorter).toBeLessThanOrEqual(suggest(name, fewer ?? 0, seen, age) ?? 0);
    }),
  );
  fc.assert(
    fc.property(anyLifetime, renewals, fc.nat(100), meanAgeMs, (name, seen, changed, age) => {
      const few = Math.min(changed, seen);
      expect(suggest(name, few, seen, age)).toBeLessThanOrEqual(suggest(name, few * 2, seen * 2, age) ?? 0);
    }),
  );
});

test("what is suggested keeps all but a hundredth of the answers up to date, unless even the shortest lifetime cannot", () => {
  fc.assert(
    fc.property(anyLifetime, renewals, fc.nat(1_000_000), meanAgeMs, (name, seen, changed, age) => {
      const perS = changesPerS(Math.min(changed, seen), seen, seen * age) ?? Number.NaN;
      const suggested = suggestLifetime(name, perS, USUAL[name]);
      const stale = suggested === SETTINGS[name].min ? 0 : staleShare(perS, suggested);
      expect(stale).toBeLessThanOrEqual(STALE_SHARE_MAX);
    }),
  );
});

test("a hundred renewals without a change may hide a change in thirty-three; ninety-nine say nothing", () => {
  expect(changesPerS(0, 99, 99_000)).toBeNull();
  expect(changesPerS(0, 100, 100 * 6_000)).toBeCloseTo(-Math.log(1 - 0.03) / 6, 10);
});

test("the hit ratio follows the lifetime: twice as long asks half as often, nearly", () => {
  // Asked nine times per load at 5 s; at 10 s eighteen times.
  expect(hitRatioAt(0.9, 5, 10)).toBeCloseTo(18 / 19, 10);
  expect(hitRatioAt(0, 5, 10)).toBe(0);
  expect(hitRatioAt(1, 5, 1)).toBe(1);
});

test("a report has the ratios of what was counted, and nothing where nothing was", () => {
  const counts: Counts = {
    "cache.catalog_page.isolate": 60,
    "cache.catalog_page.edge": 20,
    "cache.catalog_page.load": 20,
    "cache.catalog_page.loadMs": 400,
    "cache.catalog_page.ageMs": 100_000,
  };
  expect(cacheReport(counts, "catalog_page", USUAL)).toMatchObject({
    lookups: 100,
    hitRatio: 0.8,
    isolateRatio: 0.6,
    meanAgeMs: 1_000,
    loadMs: 20,
    staleShare: null,
    suggestedS: null,
  });
  expect(cacheReport({}, "enrichment", USUAL)).toMatchObject({ lookups: 0, hitRatio: null, meanAgeMs: null });
});
