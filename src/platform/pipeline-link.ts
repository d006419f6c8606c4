import { ageMs } from "../domain/age.ts";
import { PROBES } from "../domain/pipeline/breaker.ts";
import {
  LaneTally,
  LEASE_MS,
  type PipelineReport,
  RENEW_AFTER_MS,
  type RoutingLease,
} from "../domain/pipeline/report.ts";
import type { Lane, Route } from "../domain/pipeline/stages.ts";
import { inTime } from "./in-time.ts";
import { log } from "./log.ts";

/** The coordinator, as its callers need it. */
export interface Coordinator {
  routes(works?: readonly Lane[]): PromiseLike<RoutingLease>;
  report(report: PipelineReport): PromiseLike<RoutingLease>;
}

/** A coordinator that does not answer holds nobody up for longer, in ms. */
const ANSWER_MS = 1_000;
/** After a question without an answer it is left alone for so long, in ms. */
const SILENT_MS = 2_000;
/** Successes are told at most this often by one isolate, failures at once. */
const TELL_EVERY_MS = 1_000;
/** Failures, and how probes ended, are told together when they come in a flood, in ms. */
const TELL_URGENT_EVERY_MS = 50;

const ALL_PRIMARY: RoutingLease = { epoch: 0, lanes: [] };

/**
 * What one isolate knows of the pipeline and has seen of it. Values only, shared by its requests: a promise of one that another awaits may hang. Nothing
 * here runs by a clock, so an idle isolate tells nothing. Without a lease that is alive everything is primary: then a message that fails is
 * retried by its queue, which is right for a stage that is well, and slow but safe for one that is not.
 */
export class PipelineLink {
  readonly #from: string;
  readonly #now: () => number;
  #lease = ALL_PRIMARY;
  #askedAt = -Infinity;
  #silentSince = -Infinity;
  #renewingSince = -Infinity;
  #toldAt = -Infinity;
  #tallies = new Map<Lane, LaneTally>();
  /** What this isolate has ever had work for: probes of other lanes are of no use to it, and would be missing elsewhere. */
  readonly #works = new Set<Lane>();
  /** Probes that were granted and not used yet. They stay this isolate's when the table is renewed: to the coordinator they are under way. */
  #probes = new Map<Lane, number>();

  constructor(from: string, now: () => number = Date.now) {
    this.#from = from;
    this.#now = now;
  }

  /** Where the next piece of work of this lane goes. Using a probe counts, so this is asked once per piece of work. */
  route(lane: Lane): Route {
    this.#works.add(lane);
    const own = this.#leased(lane);
    if (!own || own.route === "primary") return "primary";
    const left = this.#probes.get(lane) ?? 0;
    if (left === 0) return own.route;
    this.#probes.set(lane, left - 1);
    return "primary";
  }

  /** The same without using a probe: what happens to work that has just failed. */
  detour(lane: Lane): Route {
    return this.#leased(lane)?.route ?? "primary";
  }

  tally(lane: Lane): LaneTally {
    this.#works.add(lane);
    const known = this.#tallies.get(lane) ?? new LaneTally();
    this.#tallies.set(lane, known);
    return known;
  }

  /** Some of the work of a lane waits on purpose, for so many ms. */
  defer(lane: Lane, ms: number): void {
    const tally = this.tally(lane);
    tally.deferredUntil = Math.max(tally.deferredUntil ?? 0, this.#now() + ms);
  }

  /** Runs a piece of work of a lane within its time, and counts how it ended. */
  async run<T>(lane: Lane, timeoutMs: number, work: () => Promise<T>): Promise<T> {
    const startedAt = this.#now();
    try {
      const result = await inTime(work(), timeoutMs, lane);
      this.tally(lane).done(this.#now() - startedAt);
      return result;
    } catch (error) {
      this.tally(lane).failed(this.#now() - startedAt, error);
      throw error;
    }
  }

  /** Whether the lease is so old that it should be renewed; who is told so does it. */
  takeRenewal(): boolean {
    const isDue = this.#age(this.#askedAt) >= RENEW_AFTER_MS && !this.#isSilent;
    if (!isDue || this.#age(this.#renewingSince) < 2 * ANSWER_MS) return false;
    this.#renewingSince = this.#now();
    return true;
  }

  async renew(coordinator: Coordinator): Promise<void> {
    await this.#ask(() => coordinator.routes([...this.#works]));
  }

  /** Whether there is something to tell, and it is time to. */
  get isDue(): boolean {
    if (this.#tallies.size === 0 || this.#isSilent) return false;
    // How a probe ended is waited for as much as a failure is.
    const isUrgent = [...this.#tallies].some(([lane, { errors }]) => errors > 0 || this.#probes.has(lane));
    return this.#age(this.#toldAt) >= (isUrgent ? TELL_URGENT_EVERY_MS : TELL_EVERY_MS);
  }

  /** Tells everything there is, and takes the table that is answered. Never rejects. */
  async tell(coordinator: Coordinator): Promise<void> {
    if (this.#tallies.size === 0) return;
    const lanes = [...this.#tallies].map(([lane, tally]) => tally.report(lane));
    this.#tallies = new Map();
    this.#toldAt = this.#now();
    const isTold = await this.#ask(() => coordinator.report({ from: this.#from, lanes, works: [...this.#works] }));
    if (!isTold) for (const report of lanes) if (report.errors > 0) this.tally(report.lane).again(report);
  }

  #age(at: number): number {
    return ageMs(at, this.#now());
  }

  get #isSilent(): boolean {
    return this.#age(this.#silentSince) < SILENT_MS;
  }

  #leased(lane: Lane) {
    if (this.#age(this.#askedAt) >= LEASE_MS) return undefined;
    return this.#lease.lanes.find((each) => each.lane === lane);
  }

  async #ask(question: () => PromiseLike<RoutingLease>): Promise<boolean> {
    // Counted from the question and not from the answer: that is the later end of its age.
    const askedAt = this.#now();
    try {
      const lease = await inTime(Promise.resolve(question()), ANSWER_MS, "the pipeline's coordinator");
      const isOld = this.#age(this.#askedAt) === Infinity;
      if (isOld || askedAt > this.#askedAt || (askedAt === this.#askedAt && lease.epoch >= this.#lease.epoch)) {
        this.#lease = lease;
        this.#askedAt = askedAt;
        this.#probes = new Map(
          lease.lanes.flatMap(({ lane, breaker, probes }) =>
            breaker === "half_open" ? [[lane, Math.min(PROBES, probes + (this.#probes.get(lane) ?? 0))] as const] : [],
          ),
        );
      }
      return true;
    } catch (error) {
      this.#silentSince = this.#now();
      log("warn", "pipeline_coordinator_silent", { error: String(error) });
      return false;
    }
  }
}
