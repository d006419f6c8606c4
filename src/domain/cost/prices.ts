/** One line of Cloudflare's price list: so many dollars for so many, beyond what the paid plan includes in a month. */
export interface Price {
  readonly dollars: number;
  readonly per: number;
  /** What the plan of $5 a month includes. Not deducted from any figure here: a shop's first orders are not cheaper than its last. */
  readonly includedPerMonth: number;
}

/** When the pages below were read. Who reads this later should look again. */
export const PRICES_AS_OF = "2026-11";

const MILLION = 1_000_000;

/** What Cloudflare charges on the paid plan, in US dollars, as its pages say. */
export const PRICES = {
  /** https://developers.cloudflare.com/workers/platform/pricing/ Calls between Workers by service binding cost nothing on top. */
  workerRequest: { dollars: 0.3, per: MILLION, includedPerMonth: 10 * MILLION },
  /** The same page. */
  workerCpuMs: { dollars: 0.02, per: MILLION, includedPerMonth: 30 * MILLION },
  /** https://developers.cloudflare.com/durable-objects/platform/pricing/ Every RPC call is one request, and so is an alarm. */
  objectRequest: { dollars: 0.15, per: MILLION, includedPerMonth: MILLION },
  /**
   * The same page: 128 MB for as long as an object is active, which is 1/8 GB-s a second. One that is idle and may hibernate is not billed, even before it
   * does; one with a pending timer or call is.
   */
  objectGbS: { dollars: 12.5, per: MILLION, includedPerMonth: 400_000 },
  /** The same page; deletes, kv puts and setting an alarm are rows written, too. */
  rowWritten: { dollars: 1, per: MILLION, includedPerMonth: 50 * MILLION },
  rowRead: { dollars: 0.001, per: MILLION, includedPerMonth: 25_000 * MILLION },
  /** https://developers.cloudflare.com/queues/platform/pricing/ Each 64 KB written, read or deleted is one operation. */
  queueOperation: { dollars: 0.4, per: MILLION, includedPerMonth: MILLION },
  /** https://developers.cloudflare.com/d1/platform/pricing/ Rows of an index count as well. */
  d1RowRead: { dollars: 0.001, per: MILLION, includedPerMonth: 25_000 * MILLION },
  d1RowWritten: { dollars: 1, per: MILLION, includedPerMonth: 50 * MILLION },
  /** https://developers.cloudflare.com/analytics/analytics-engine/pricing/ Not charged yet, announced. */
  dataPoint: { dollars: 0.25, per: MILLION, includedPerMonth: 10 * MILLION },
  /** https://developers.cloudflare.com/workers/observability/logs/workers-logs/#pricing A line is one, and so is each invocation that is sampled. */
  logEvent: { dollars: 0.6, per: MILLION, includedPerMonth: 20 * MILLION },
} as const satisfies Readonly<Record<string, Price>>;

export type Billed = keyof typeof PRICES;

// SAFETY: the keys of the constant above are the names of what is billed.
export const BILLED = Object.keys(PRICES) as readonly Billed[];

const OBJECT_GB = 0.128;

/** GB-s of so many objects that are active for so long. */
export const objectGbS = (objects: number, seconds: number): number => objects * seconds * OBJECT_GB;

/** What one of them costs, in dollars. */
export const priceOf = (what: Billed): number => PRICES[what].dollars / PRICES[what].per;
