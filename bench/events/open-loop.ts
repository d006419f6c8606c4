import { Agent } from "node:http";
import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { send } from "../load.ts";
import type { Bodies } from "./bodies.ts";
import { nowMs } from "./live.ts";
import { randomFrom } from "./random.ts";

export interface Arrivals {
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodies: Bodies;
  readonly eventsPerSecond: number;
  readonly seconds: number;
  readonly seed: number;
}

/** A request that was due at `dueAt` (UTC ms), whenever it could really be sent. */
export interface Arrival {
  readonly dueAt: number;
  readonly events: number;
}

export interface ArrivalsResult {
  /** In the order in which they were sent. */
  readonly arrivals: readonly Arrival[];
  /** Requests that were answered with anything but 200, or not at all. */
  readonly refused: number;
  /** How late the generator itself was at most, in ms: above a frame's interval the figures are the generator's. */
  readonly lateMs: number;
  readonly busy: number;
}

/** Connections at most. More requests than this without an answer wait in the generator, and their wait counts: they were due. */
const CONNECTIONS = 64;
const TICK_MS = 1;

/**
 * Sends requests at times that do not depend on the answers (Poisson arrivals), so that a stall delays what is due in it and is not
 * politely waited for.
 */
export async function arrive({ bodies, eventsPerSecond, seconds, seed, ...target }: Arrivals): Promise<ArrivalsResult> {
  const random = randomFrom(seed);
  const gapMs = (bodies.perRequest / eventsPerSecond) * 1_000;
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const arrivals: Arrival[] = [];
  const underWay = new Set<Promise<void>>();
  const before = performance.eventLoopUtilization();
  const beginsAt = nowMs();
  let [dueAt, refused, lateMs] = [beginsAt, 0, 0];
  const begin = (): void => {
    arrivals.push({ dueAt, events: bodies.perRequest });
    const { bytes, release } = bodies.next();
    const { origin, path, headers } = target;
    const sent = send(origin, { method: "POST", path, headers, body: bytes }, agent)
      .then(({ status }) => void (refused += status === 200 ? 0 : 1))
      .catch(() => void (refused += 1))
      .finally(() => {
        release();
        underWay.delete(sent);
      });
    underWay.add(sent);
  };
  while (dueAt < beginsAt + seconds * 1_000) {
    for (const now = nowMs(); dueAt <= now; dueAt += -Math.log(1 - random()) * gapMs) {
      lateMs = Math.max(lateMs, now - dueAt);
      begin();
    }
    await setTimeout(TICK_MS);
  }
  const { utilization } = performance.eventLoopUtilization(before);
  await Promise.all(underWay);
  agent.destroy();
  return { arrivals, refused, lateMs, busy: utilization };
}
