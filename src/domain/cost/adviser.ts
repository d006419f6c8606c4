import { type Advice, COVERED_MIN_MS, type Facts, type Rule } from "./advice.ts";
import { cacheLifetimes } from "./cache-rules.ts";
import { everydayLines, headSampling } from "./log-rules.ts";
import { batchTimeouts } from "./queue-rules.ts";
import { shardCount } from "./shard-rules.ts";

/** One more kind of advice is a line here. */
const RULES: readonly Rule[] = [cacheLifetimes, everydayLines, headSampling, batchTimeouts, shardCount];

/** What these figures recommend, the largest saving first. Nothing while too little was seen. */
export function adviseOn(facts: Facts): Advice[] {
  if (facts.coveredMs < COVERED_MIN_MS) return [];
  return RULES.flatMap((rule) => rule(facts)).toSorted((a, b) => b.dollarsPerMonth - a.dollarsPerMonth);
}
