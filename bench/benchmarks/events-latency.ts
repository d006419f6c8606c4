import { BATCH_HEADERS, BATCH_PATH } from "../events/target.ts";
import { readLedger, settleEvents } from "../events/ledger.ts";
import { freshnessOf, type Freshness } from "../events/freshness.ts";
import { LiveView } from "../events/live.ts";
import { arrive } from "../events/open-loop.ts";
import type { Study, StudyContext } from "./list.ts";
import { bodiesOf } from "./events.ts";

const USUAL_PER_SECOND = 1_000;
/** Of the sustained maximum: what a busy day may ask without a queue that only grows. */
const PEAK_SHARE = 0.8;
const SECONDS = { study: 20, smoke: 1 };
const WARM_UP_SECONDS = { study: 3, smoke: 0.2 };
const PER_REQUEST = { usual: 10, peak: 100 };
const AIM_MS = { usual: 1_000, peak: 2_800 };

interface Latency extends Freshness {
  readonly label: string;
  readonly eventsPerSecond: number;
  readonly aimMs: number;
  readonly frames: number;
  readonly refused: number;
  readonly generatorLateMs: number;
  readonly generatorBusy: number;
}

/** From the moment an event is due until a WebSocket frame counts it, at a client that is no part of the shop. */
export const eventsLatency: Study = {
  name: "events-latency",
  group: "events",
  title: "event sent until a frame of GET /admin/v1/live counts it, open loop",
  run: async (context) => {
    const usual = await measure(context, "a usual day", USUAL_PER_SECOND, PER_REQUEST.usual, AIM_MS.usual);
    const sustained = context.sustained();
    const latencies = [usual];
    if (sustained !== undefined) {
      const peak = sustained * PEAK_SHARE;
      latencies.push(
        await measure(context, `${PEAK_SHARE * 100} % of events-100`, peak, PER_REQUEST.peak, AIM_MS.peak),
      );
    }
    return { data: latencies, lines: latencies.map(lineOf), warnings: latencies.flatMap(warningsOf) };
  },
};

async function measure(
  { field: { shop }, smoke }: StudyContext,
  label: string,
  eventsPerSecond: number,
  perRequest: number,
  aimMs: number,
): Promise<Latency> {
  const length = smoke ? "smoke" : "study";
  const [seconds, warmUpSeconds] = [SECONDS[length], WARM_UP_SECONDS[length]];
  const bodies = bodiesOf(perRequest, Math.round(eventsPerSecond));
  const target = { origin: shop.origin, path: BATCH_PATH, headers: BATCH_HEADERS, bodies, eventsPerSecond, seed: 1 };
  const view = await LiveView.open(shop.origin, shop.adminKey);
  try {
    const cold = await readLedger(shop.admin);
    const warm = await arrive({ ...target, seconds: warmUpSeconds });
    const before = await settleEvents(shop.admin, cold, eventsOf(warm.arrivals));
    const first = view.frames.length;
    const { arrivals, refused, lateMs, busy } = await arrive({ ...target, seconds });
    await settleEvents(shop.admin, before, eventsOf(arrivals));
    await view.until(before.received + eventsOf(arrivals));
    const frames = view.frames.slice(first);
    return {
      label,
      eventsPerSecond: eventsOf(arrivals) / seconds,
      aimMs,
      ...freshnessOf(arrivals, frames, before.received),
      frames: frames.length,
      refused,
      generatorLateMs: lateMs,
      generatorBusy: busy,
    };
  } finally {
    view.close();
  }
}

const eventsOf = (arrivals: readonly { readonly events: number }[]): number =>
  arrivals.reduce((sum, { events }) => sum + events, 0);

const count = (value: number): string => Math.round(value).toLocaleString("en-US");

const lineOf = (found: Latency): string =>
  `${count(found.eventsPerSecond)} events/s, ${found.label}`.padEnd(52) +
  `p50 ${count(found.p50Ms)}  p99 ${count(found.p99Ms)}  max ${count(found.maxMs)} ms  (aim: p99 < ${count(found.aimMs)} ms)`;

const GENERATOR_LATE_MS = 100;

function warningsOf({ label, refused, unseen, generatorLateMs }: Latency): string[] {
  return [
    ...(refused > 0 ? [`${label}: ${refused} requests were refused, so this rate is not sustained.`] : []),
    ...(unseen > 0 ? [`${label}: no frame counted ${unseen} of the events.`] : []),
    ...(generatorLateMs > GENERATOR_LATE_MS
      ? [`${label}: the generator itself was late by up to ${count(generatorLateMs)} ms, which is in the figures.`]
      : []),
  ];
}
