import type { Advice } from "../../src/domain/cost/advice.ts";
import type { Applied, ApplyRefusal } from "../../src/domain/cost/book.ts";
import type { CacheReport } from "../../src/domain/cost/caches.ts";
import type { Costs } from "../../src/domain/cost/costs.ts";
import type { Counts } from "../../src/domain/cost/counts.ts";
import type { SettingName, Settings } from "../../src/domain/cost/settings.ts";
import type { Result } from "../../src/domain/result.ts";

/** What the shop used and what that costs, over a window. Times in UTC ms. */
export interface CostsView {
  readonly from: number;
  readonly to: number;
  /** The part of the window in which anything was counted. */
  readonly coveredMs: number;
  readonly counts: Counts;
  readonly costs: Costs;
  readonly caches: readonly CacheReport[];
}

export interface SettingsView {
  readonly epoch: number;
  readonly settings: Settings;
  readonly applied: Readonly<Partial<Record<SettingName, Applied>>>;
}

export interface AdviceView extends SettingsView {
  readonly at: number;
  readonly coveredMs: number;
  readonly advice: readonly Advice[];
}

export interface AdviceCommand {
  readonly id: string;
  readonly by: string;
}

export type AdviceReply = Result<SettingsView & { readonly repeated: boolean }, ApplyRefusal>;
