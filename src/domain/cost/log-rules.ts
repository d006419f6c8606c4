import type { Rule } from "./advice.ts";
import { WORTH_PER_MONTH } from "./advice.ts";
import { countOf } from "./counts.ts";
import { perMonth } from "./costs.ts";
import { DEPLOYED } from "./deployed.ts";
import { priceOf } from "./prices.ts";
import { SETTINGS } from "./settings.ts";

/** Logs are for reading: a tenth of the bill is what they may cost, and a fiftieth what says that all is well. */
const LOG_SHARE_OF_BILL = 0.1;
const EVERYDAY_SHARE_OF_BILL = 0.02;
/** Of invocations: below a hundredth, what happened to one shopper can hardly ever be looked up. */
const HEAD_SAMPLING_MIN = 0.01;

const rounded = (share: number): number => Math.round(share * 20) / 20;

/** Everyday lines, by order or message as a whole, so a story that is kept is kept whole. */
export const everydayLines: Rule = ({ counts, coveredMs, costs, settings }) => {
  const written = countOf(counts, "log.everyday");
  // What sampling leaves out already is part of what there would be: advice must not depend on advice that was followed.
  const all = written + countOf(counts, "log.passed");
  const dollars = perMonth(all * DEPLOYED.headSampling * priceOf("logEvent"), coveredMs);
  if (dollars < WORTH_PER_MONTH) return [];
  const from = settings.log_share;
  const to = Math.max(
    SETTINGS.log_share.min,
    Math.min(from, rounded((EVERYDAY_SHARE_OF_BILL * costs.dollarsPerMonth) / dollars)),
  );
  const saving = (from - to) * dollars;
  if (saving < WORTH_PER_MONTH) return [];
  return [
    {
      id: "log-share",
      title: `Write ${Math.round(to * 100)} % of the everyday log lines instead of ${Math.round(from * 100)} %`,
      why: `${Math.round(all)} lines say that something went as it should; all of them cost $${dollars.toFixed(2)} a month, and everything together $${costs.dollarsPerMonth.toFixed(2)}.`,
      trade:
        "The story of an order is in the log for that share of the orders. Warnings and errors are always written, and an order's own history is complete.",
      change: { kind: "live", setting: "log_share", from, to },
      safe: true,
      dollarsPerMonth: saving,
      evidence: { lines: all, lines_written: written, dollars_per_month: dollars },
    },
  ];
};

/** The platform writes a line for every invocation that it samples, of Workers and objects alike. */
export const headSampling: Rule = ({ costs }) => {
  const spent = costs.total.lines.find(({ what }) => what === "logEvent")?.dollars ?? 0;
  const share = costs.total.dollars > 0 ? spent / costs.total.dollars : 0;
  const from = DEPLOYED.headSampling;
  const dollars = costs.dollarsPerMonth * share;
  const to = Math.max(HEAD_SAMPLING_MIN, Math.min(from, rounded((from * LOG_SHARE_OF_BILL) / Math.max(share, 1e-9))));
  const saving = dollars * (1 - to / from);
  if (saving < WORTH_PER_MONTH || to >= from) return [];
  return [
    {
      id: "head-sampling",
      title: `Log ${Math.round(to * 100)} % of the invocations`,
      why: `Workers Logs are ${Math.round(share * 100)} % of what everything costs: $${dollars.toFixed(2)} a month, mostly for the line that the platform writes for every invocation.`,
      trade: "Of an invocation that is not sampled nothing is kept, its warnings and errors included.",
      change: {
        kind: "deploy",
        file: "each wrangler.toml, and src/domain/cost/deployed.ts",
        from: ["[observability]", `head_sampling_rate = ${from}`],
        to: ["[observability]", `head_sampling_rate = ${to}`],
      },
      safe: false,
      dollarsPerMonth: saving,
      evidence: { log_share_of_bill: share, log_dollars_per_month: dollars },
    },
  ];
};
