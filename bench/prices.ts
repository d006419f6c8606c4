/**
 * What Cloudflare charges on the paid plan beyond what is included, in US dollars. List prices as their pages said them in November 2026; who
 * reads this later should look again.
 */
export const PRICES = {
  /** https://developers.cloudflare.com/workers/platform/pricing/ Calls between Workers by service binding cost nothing on top. */
  workerRequest: { dollars: 0.3, per: 1_000_000 },
  /** The same page. */
  workerCpuMs: { dollars: 0.02, per: 1_000_000 },
  /** https://developers.cloudflare.com/durable-objects/platform/pricing/ Every RPC call is one request, and so is an alarm. */
  objectRequest: { dollars: 0.15, per: 1_000_000 },
  /** The same page: 128 MB for as long as an object is active, which is 1/8 GB-s a second. */
  objectGbS: { dollars: 12.5, per: 1_000_000 },
  /** The same page; deletes, kv puts and setting an alarm are rows written, too. */
  rowWritten: { dollars: 1, per: 1_000_000 },
  rowRead: { dollars: 0.001, per: 1_000_000 },
  /** https://developers.cloudflare.com/queues/platform/pricing/ Each 64 KB written, read or deleted is one operation. */
  queueOperation: { dollars: 0.4, per: 1_000_000 },
} as const;

export type Billed = keyof typeof PRICES;
/** How much of each was used. What is left out was not used. */
export type Usage = Readonly<Partial<Record<Billed, number>>>;

export interface BillLine {
  readonly what: Billed;
  readonly used: number;
  readonly dollars: number;
}

export interface Bill {
  /** The dearest first. */
  readonly lines: readonly BillLine[];
  readonly dollars: number;
}

const OBJECT_GB = 0.128;

/** GB-s of so many objects that are active for so long. */
export const objectGbS = (objects: number, seconds: number): number => objects * seconds * OBJECT_GB;

/** The bill for what `events` events used, for 1,000 of them. */
export function billPerThousand(usage: Usage, events: number): Bill {
  if (!(events > 0)) throw new Error("a price per event needs events");
  const lines = billedOf(usage).map((what) => {
    const used = ((usage[what] ?? 0) * 1_000) / events;
    return { what, used, dollars: (used * PRICES[what].dollars) / PRICES[what].per };
  });
  return {
    lines: lines.toSorted((a, b) => b.dollars - a.dollars),
    dollars: lines.reduce((sum, { dollars }) => sum + dollars, 0),
  };
}

function billedOf(usage: Usage): Billed[] {
  // SAFETY: the keys of the constant above are the names of what is billed.
  return (Object.keys(PRICES) as Billed[]).filter((what) => usage[what] !== undefined);
}
