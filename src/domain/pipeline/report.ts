import type { BreakerState } from "./breaker.ts";
import { bucketOf, type Durations, noDurations } from "./latency.ts";
import type { Lane, Route } from "./stages.ts";

/** For how long a Worker may act on what it was told, in ms. Shorter than the shortest opening of a breaker, so a probe is never an old call. */
export const LEASE_MS = 9_000;
/** From this age on it is renewed. */
export const RENEW_AFTER_MS = 4_000;

/** What one isolate saw of a lane since it last told. */
export interface LaneReport {
  readonly lane: Lane;
  readonly ok: number;
  readonly errors: number;
  readonly latency: Durations;
  /** Of the newest failure. */
  readonly error?: string | undefined;
  /** Until when its work waits on purpose, UTC ms. */
  readonly deferredUntil?: number | undefined;
  /** See `Outcomes`: what the spill tried. */
  readonly unasked?: boolean | undefined;
}

/** A heartbeat: told when something was done, and never by a clock. */
export interface PipelineReport {
  readonly from: string;
  /** The lanes that this isolate works at, and can probe. */
  readonly works?: readonly Lane[];
  readonly lanes: readonly LaneReport[];
}

/** What is granted for one lane that is not simply primary. */
export interface LaneLease {
  readonly lane: Lane;
  readonly route: Route;
  readonly breaker: BreakerState;
  /** How many calls this isolate may try on the primary route, to see whether it is well again. */
  readonly probes: number;
}

/** The routing table as it is leased: what is not in it is primary. */
export interface RoutingLease {
  /** Grows with every change of a route. */
  readonly epoch: number;
  readonly lanes: readonly LaneLease[];
}

/** Texts of errors are shown to operators; they say what failed, and are cut. */
export const ERROR_CHARS = 200;

/** What is summed up until it is told. */
export class LaneTally {
  ok = 0;
  errors = 0;
  latency = noDurations();
  error: string | undefined;
  deferredUntil: number | undefined;

  done(ms: number): void {
    this.ok++;
    this.#took(ms);
  }

  failed(ms: number, error: unknown): void {
    this.errors++;
    this.error = String(error).slice(0, ERROR_CHARS);
    this.#took(ms);
  }

  /** Puts back what could not be told. Failures only: successes that count twice would make a lane look better than it is. */
  again({ errors, error }: LaneReport): void {
    this.errors += errors;
    this.error ??= error;
  }

  report(lane: Lane): LaneReport {
    const { ok, errors, latency, error, deferredUntil } = this;
    return { lane, ok, errors, latency, error, deferredUntil };
  }

  #took(ms: number): void {
    const bucket = bucketOf(ms);
    this.latency[bucket] = (this.latency[bucket] ?? 0) + 1;
  }
}
