import type { Advice, Rule } from "./advice.ts";
import { CACHE_SETTING, cacheReport, type CacheReport, STALE_SHARE_MAX } from "./caches.ts";
import { type CacheName, CACHES, countOf, type Counts } from "./counts.ts";
import { perMonth } from "./costs.ts";
import { priceOf } from "./prices.ts";

/** A hit ratio that moves by less is noise. */
const GAIN_MIN = 0.02;

const WHAT: Readonly<Record<CacheName, { readonly name: string; readonly trade: string }>> = {
  catalog_item: {
    name: "Products",
    trade: "Names and prices are shown that much older while shoppers browse; a checkout reads prices fresh.",
  },
  catalog_page: {
    name: "Lists and searches",
    trade: "New and archived products show up in lists that much later; what can be bought is asked at checkout.",
  },
  enrichment: {
    name: "Names of products on the board",
    trade: "A renamed product keeps its old name on the board for that long. No figure depends on it.",
  },
};

/** Lifetimes: longer where values hardly ever change, shorter where answers would be out of date. */
export const cacheLifetimes: Rule = ({ counts, coveredMs, settings }) =>
  CACHES.flatMap((cache) => {
    const report = cacheReport(counts, cache, settings);
    const { suggestedS, lifetimeS, hitRatio, hitRatioThen } = report;
    if (suggestedS === null || hitRatio === null || hitRatioThen === null || suggestedS === lifetimeS) return [];
    const isShorter = suggestedS < lifetimeS;
    if (!isShorter && hitRatioThen - hitRatio < GAIN_MIN) return [];
    const loads = countOf(counts, `cache.${cache}.load`);
    // Loads that the better ratio spares; fewer hits cost as much.
    const spared = loads - report.lookups * (1 - hitRatioThen);
    const rows = rowsPerLoad(counts, cache);
    return [adviceOf(report, { ...report, suggestedS, hitRatio, hitRatioThen }, perMonth(spared, coveredMs), rows)];
  });

/** Rows of D1 that a load reads, at most: all that this cache's part of the shop reads, over all of its loads. */
function rowsPerLoad(counts: Counts, cache: CacheName): number {
  const [rows, loads] =
    cache === "enrichment"
      ? [countOf(counts, "analytics.d1RowRead"), countOf(counts, "cache.enrichment.load")]
      : [
          countOf(counts, "commerce.d1RowRead"),
          countOf(counts, "cache.catalog_item.load") + countOf(counts, "cache.catalog_page.load"),
        ];
  return loads > 0 ? rows / loads : 0;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function adviceOf(
  { cache, lifetimeS, renewals, changedShare, staleShare, loadMs, lookups }: CacheReport,
  { suggestedS, hitRatio, hitRatioThen }: { suggestedS: number; hitRatio: number; hitRatioThen: number },
  sparedPerMonth: number,
  rows: number,
): Advice {
  const { name, trade } = WHAT[cache];
  const isShorter = suggestedS < lifetimeS;
  const why = isShorter
    ? `Of ${renewals} renewals ${percent(changedShare ?? 0)} had changed: with ${lifetimeS} s up to ${percent(staleShare ?? 0)} of the answers are out of date, and ${percent(STALE_SHARE_MAX)} are accepted.`
    : `Of ${renewals} renewals ${percent(changedShare ?? 0)} had changed, so ${suggestedS} s keep 99 of 100 answers up to date, and ${percent(hitRatio)} answered from the cache become about ${percent(hitRatioThen)}; a miss takes ${Math.round(loadMs ?? 0)} ms.`;
  return {
    id: `${cache.replaceAll("_", "-")}-lifetime`,
    title: `${name}: keep them for ${suggestedS} s instead of ${lifetimeS} s`,
    why,
    trade: isShorter ? "More of them are read from the database." : trade,
    change: { kind: "live", setting: CACHE_SETTING[cache], from: lifetimeS, to: suggestedS },
    safe: true,
    dollarsPerMonth: sparedPerMonth * rows * priceOf("d1RowRead"),
    evidence: {
      lookups,
      hit_ratio: hitRatio,
      hit_ratio_then: hitRatioThen,
      renewals,
      changed_share: changedShare ?? 0,
      stale_share: staleShare ?? 0,
      load_ms: loadMs ?? 0,
      rows_per_load_at_most: rows,
    },
  };
}
