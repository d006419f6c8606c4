import type { QueueName } from "../messages.ts";

/** What an event or an order passes through. `alert` is everything that is told to other systems. */
export const STAGES = ["ingest", "enrich", "aggregate", "alert", "orders", "payments"] as const;
export type Stage = (typeof STAGES)[number];

/** There is one pipeline per shop, and one shop: the name of its coordinator. */
export const PIPELINE = "pipeline";

/** Where the work of a lane goes. `bypass` does without the stage, `fallback` puts its work by until the stage is well. */
export type Route = "primary" | "bypass" | "fallback";

/**
 * A part of a stage that can be sick while the rest is well, such as one shard of `aggregate`; a stage without parts is one lane. Each lane has a
 * breaker and a route of its own, so one object that fails does not reroute its neighbours.
 */
export type Lane = Stage | `aggregate/${string}`;

export const laneOfShard = (shard: string): Lane => `aggregate/${shard}`;

export function stageOf(lane: Lane): Stage {
  const name = lane.split("/", 1)[0];
  return STAGES.find((stage) => stage === name) ?? "aggregate";
}

/** How a stage is tried, as data. Tries come on top of the first one; the wait before the n-th is `backoffBaseMs` x 2^(n - 1), with jitter. */
export interface StagePolicy {
  /** The route while the breaker is open. `null`: there is none, because money and what is told of it are never bypassed. */
  readonly detour: Exclude<Route, "primary"> | null;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** The queue that its work waits in. */
  readonly queue: QueueName | null;
  /** How long its messages may wait on purpose, because they were sent with a delay. */
  readonly delayMaxMs: number;
}

const USUAL = { retries: 3, backoffBaseMs: 5_000, backoffMaxMs: 300_000, delayMaxMs: 0 } as const;

/** `retries` of what a queue delivers is the `max_retries` of its consumer; a test compares them. */
export const POLICIES: Readonly<Record<Stage, StagePolicy>> = {
  ingest: { ...USUAL, detour: "fallback", timeoutMs: 2_000, queue: null },
  enrich: { ...USUAL, detour: "bypass", timeoutMs: 500, queue: null },
  aggregate: { ...USUAL, detour: "fallback", timeoutMs: 10_000, queue: "events" },
  alert: { ...USUAL, detour: null, timeoutMs: 10_000, queue: "notifications", retries: 5 },
  orders: { ...USUAL, detour: null, timeoutMs: 10_000, queue: "orders" },
  // A charge whose outcome is unknown is looked up again after up to a minute.
  payments: { ...USUAL, detour: null, timeoutMs: 15_000, queue: "payments", delayMaxMs: 60_000 },
};

/** How the spill tries again, without a queue. More often than a queue would: giving up needs a person, and a shard may be restarting over and over. */
export const REPLAY_POLICY = {
  retries: 5,
  backoffBaseMs: 1_000,
  backoffMaxMs: 15_000,
  timeoutMs: POLICIES.aggregate.timeoutMs,
} as const;
