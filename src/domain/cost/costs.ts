import { type Bill, billOf, billPer, sumOf, type Usage } from "./bill.ts";
import { type Area, AREAS, countOf, type Counts, usageOf } from "./counts.ts";
import type { CpuMs } from "./cpu.ts";
import { DEPLOYED } from "./deployed.ts";
import { objectGbS } from "./prices.ts";

const DAY_MS = 24 * 60 * 60_000;
const MONTH_DAYS = 30;

/** What a window of time cost. Money in US dollars at list prices, before anything that the plan includes. */
export interface Costs {
  readonly orders: number;
  readonly events: number;
  readonly areas: Readonly<Record<Area, Bill>>;
  readonly total: Bill;
  /** All of commerce for one paid order: browsing and carts that were left included. `null` without orders. */
  readonly perOrder: Bill | null;
  /** All of analytics for 1,000 events of shoppers: the shop's own facts included. `null` without events. */
  readonly perThousandEvents: Bill | null;
  /** At the pace of the window. */
  readonly dollarsPerMonth: number;
}

/** `coveredMs`: the time in which the counts were made. */
export function costsOf(counts: Counts, coveredMs: number, cpu: CpuMs): Costs {
  const usage = pricedUsage(counts, cpu);
  const [orders, events] = [countOf(counts, "done.order"), countOf(counts, "done.event")];
  const total = billOf(sumOf(AREAS.map((area) => usage[area])));
  return {
    orders,
    events,
    areas: {
      commerce: billOf(usage.commerce),
      analytics: billOf(usage.analytics),
      operations: billOf(usage.operations),
    },
    total,
    perOrder: orders > 0 ? billPer(usage.commerce, orders) : null,
    perThousandEvents: events > 0 ? billPer(usage.analytics, events, 1_000) : null,
    dollarsPerMonth: perMonth(total.dollars, coveredMs),
  };
}

export const perMonth = (amount: number, coveredMs: number): number =>
  coveredMs > 0 ? (amount * MONTH_DAYS * DAY_MS) / coveredMs : 0;

/** What was counted, with what follows from it: time of objects, CPU time, and the log's line for every invocation. */
function pricedUsage(counts: Counts, cpu: CpuMs): Readonly<Record<Area, Usage>> {
  const cpuMs: Readonly<Record<Area, number>> = {
    commerce: countOf(counts, "commerce.workerRequest") * cpu.commerce,
    analytics: countOf(counts, "analytics.workerRequest") * cpu.tracked + countOf(counts, "done.event") * cpu.event,
    operations: countOf(counts, "operations.workerRequest") * cpu.operations,
  };
  const priced = (area: Area): Usage => {
    const counted = usageOf(counts, area);
    const { workerRequest = 0, objectRequest = 0, logEvent: lines = 0 } = counted;
    return {
      ...counted,
      workerCpuMs: cpuMs[area],
      objectGbS: objectGbS(1, countOf(counts, `${area}.objectMs`) / 1_000),
      logEvent: DEPLOYED.headSampling * (lines + workerRequest + objectRequest),
    };
  };
  return { commerce: priced("commerce"), analytics: priced("analytics"), operations: priced("operations") };
}
