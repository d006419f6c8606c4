import type { Counts } from "./counts.ts";
import type { Costs } from "./costs.ts";
import type { SettingName, Settings } from "./settings.ts";

/** What a rule may look at. `hours` are the counts of single hours, for peaks. */
export interface Facts {
  readonly counts: Counts;
  readonly hours: readonly Counts[];
  readonly coveredMs: number;
  readonly costs: Costs;
  readonly settings: Settings;
  /** How many EventShard objects events go to now. */
  readonly shards: number;
}

/** A setting that takes effect without a deployment and can be taken back in the same way. */
export interface LiveChange {
  readonly kind: "live";
  readonly setting: SettingName;
  readonly from: number;
  readonly to: number;
}

/** Lines of a configuration file, for a person to change and deploy. */
export interface DeployChange {
  readonly kind: "deploy";
  readonly file: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

export interface Advice {
  /** The rule's name: the same advice has the same id, whatever its figures are today. */
  readonly id: string;
  readonly title: string;
  /** Why, as a sentence with the figures in it. */
  readonly why: string;
  /** What is given up for it. */
  readonly trade: string;
  readonly change: LiveChange | DeployChange;
  /** Whether it may be applied by a command. Only live changes are. */
  readonly safe: boolean;
  /** At list prices and the pace of the window; below zero when freshness or capacity is bought with it. */
  readonly dollarsPerMonth: number;
  /** The figures behind it. */
  readonly evidence: Readonly<Record<string, number>>;
}

/** A rule says nothing as long as too little was seen, or too little would be gained. */
export type Rule = (facts: Facts) => readonly Advice[];

/** Less than this a month is not worth anybody's attention. */
export const WORTH_PER_MONTH = 1;

/** Shorter windows say more about the moment than about the shop, in ms. */
export const COVERED_MIN_MS = 10 * 60_000;
