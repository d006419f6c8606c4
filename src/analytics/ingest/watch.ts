import { ageMs } from "../../domain/age.ts";
import type { RejectReason } from "../../domain/events/columns.ts";
import { excerptOf } from "../../domain/events/excerpt.ts";
import type { Rejects } from "../../domain/events/intake.ts";
import { log } from "../../platform/log.ts";

/** One line per reason and isolate in this time, and one point per source and outcome, in ms. */
const EVERY_MS = 10_000;
const TALLIES_KEPT = 500;

interface Tally {
  readonly source: string;
  /** `accepted`, or why not: a reason of rejected events, or the code of a refused request. */
  readonly outcome: string;
  requests: number;
  events: number;
}

/**
 * What an operator sees of ingest beside the ledger. A page that sends nonsense would otherwise write a line per event: lines are sampled per
 * reason, and points for Analytics Engine are summed up per isolate. An isolate that ends takes the sums of its last seconds along,
 * which is why neither is ever the truth.
 */
export class IngestWatch {
  readonly #said = new Map<string, { at: number; unsaid: number }>();
  readonly #tallies = new Map<string, Tally>();
  #toldAt = 0;

  accepted(
    now: number,
    source: string,
    events: number,
    rejects: ReadonlyMap<RejectReason, Rejects>,
    requestId: string,
  ): void {
    let rejected = 0;
    for (const [reason, { count, sample }] of rejects) {
      rejected += count;
      this.#tally(source, reason, 0, count);
      const unsaid = this.#turnOf(reason, now, count);
      if (unsaid === undefined) continue;
      log("warn", "events_rejected", { reason, count, unsaid, source, requestId, excerpt: excerptOf(sample) });
    }
    this.#tally(source, "accepted", 1, events - rejected);
  }

  refused(now: number, source: string, code: string, detail: string, requestId: string): void {
    this.#tally(source, code, 1, 0);
    const unsaid = this.#turnOf(code, now, 1);
    if (unsaid !== undefined) log("warn", "tracking_refused", { code, unsaid, source, requestId, detail });
  }

  /** Sends what has been summed up, if it is time. A request that comes alone is told at once. */
  tell(now: number, points: AnalyticsEngineDataset): void {
    if (ageMs(this.#toldAt, now) < EVERY_MS) return;
    this.#toldAt = now;
    for (const { source, outcome, requests, events } of this.#tallies.values()) {
      points.writeDataPoint({ indexes: [source], blobs: [source, outcome], doubles: [requests, events] });
    }
    this.#tallies.clear();
  }

  #tally(source: string, outcome: string, requests: number, events: number): void {
    const name = `${source} ${outcome}`;
    const tally = this.#tallies.get(name);
    if (tally) {
      tally.requests += requests;
      tally.events += events;
    } else if (this.#tallies.size < TALLIES_KEPT) this.#tallies.set(name, { source, outcome, requests, events });
  }

  /** How many were passed over since the last line of this reason, when it is time for another; `undefined` when it is not. */
  #turnOf(reason: string, now: number, count: number): number | undefined {
    const said = this.#said.get(reason);
    if (said && ageMs(said.at, now) < EVERY_MS) {
      said.unsaid += count;
      return undefined;
    }
    this.#said.set(reason, { at: now, unsaid: 0 });
    return said?.unsaid ?? 0;
  }
}
