import { setTimeout } from "node:timers/promises";
import { Crowd, type CrowdFrame } from "../events/crowd.ts";
import { readLedger, settleEvents } from "../events/ledger.ts";
import { liveSocket, nowMs } from "../events/live.ts";
import { arrive } from "../events/open-loop.ts";
import { BATCH_HEADERS, BATCH_PATH } from "../events/target.ts";
import { spreadOf } from "../statistics.ts";
import { bodiesOf } from "./events.ts";
import type { Study, StudyContext } from "./list.ts";

/** As many as the board admits. */
const SOCKETS = 1_000;
const SOCKETS_SMOKE = 40;
/** Enough that every frame has news, few enough that the events themselves are not what is measured. */
const EVENTS_PER_S = 200;
const PER_REQUEST = 10;
const SECONDS = 15;
const SECONDS_SMOKE = 1.5;
/** The first frames are snapshots, and code that is not compiled yet. */
const WARM_UP_SECONDS = 2;

interface Fanout {
  readonly label: string;
  readonly frames: number;
  readonly bytes: number;
  readonly everyMs: number;
  /** Frames times sockets, per second. */
  readonly deliveriesPerS: number;
  /** From the moment a frame was sent until the last socket had it. */
  readonly lastAfterSentMs: Quantiles;
  /** From the receipt of the newest event in it until then. */
  readonly lastAfterReceiptMs?: Quantiles;
}

interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

/** One board, everybody watching. Beside it an object that tells as many sockets as many bytes, and knows nothing. */
export const liveFanout: Study = {
  name: "live-fanout",
  group: "live",
  title: "a frame of the live board to all its sockets, beside a bare object that sends the same bytes",
  run: async (context) => {
    const sockets = context.smoke ? SOCKETS_SMOKE : SOCKETS;
    const { field } = context;
    const shop = await withCrowd(
      sockets,
      () => liveSocket(field.shop.origin, field.shop.adminKey),
      (crowd) => watchShop(crowd, context),
    );
    const hall = `${field.yardstick.origin.replace(/^http/, "ws")}/hall`;
    const bare = await withCrowd(
      sockets,
      () => new WebSocket(hall),
      (crowd) => watchBare(crowd, context, shop),
    );
    const share = bare.lastAfterSentMs.p50 / shop.lastAfterSentMs.p50;
    const ratio = `of the bare object's pace, in the median${" ".repeat(13)}${Math.round(share * 100)} %`;
    return { data: { sockets, shop, bare, share }, lines: [...[bare, shop].flatMap(linesOf), ratio], warnings: [] };
  },
};

async function withCrowd<T>(sockets: number, connect: () => WebSocket, work: (crowd: Crowd) => Promise<T>): Promise<T> {
  const crowd = await Crowd.open(sockets, connect);
  try {
    return await work(crowd);
  } finally {
    crowd.close();
  }
}

async function watchShop(crowd: Crowd, { field: { shop }, smoke }: StudyContext): Promise<Fanout> {
  const bodies = bodiesOf(PER_REQUEST, SOCKETS);
  const target = {
    origin: shop.origin,
    path: BATCH_PATH,
    headers: BATCH_HEADERS,
    bodies,
    eventsPerSecond: EVENTS_PER_S,
  };
  const before = await readLedger(shop.admin);
  const early = await arrive({ ...target, seconds: WARM_UP_SECONDS, seed: 1 });
  crowd.clear();
  const { arrivals, refused } = await arrive({ ...target, seconds: smoke ? SECONDS_SMOKE : SECONDS, seed: 2 });
  if (early.refused + refused > 0) throw new Error("events were refused while the board was watched");
  await settleEvents(shop.admin, before, (early.arrivals.length + arrivals.length) * PER_REQUEST);
  await crowd.settle();
  return fanoutOf("the shop: the live board", crowd);
}

/** At the shop's times and of the shop's size. */
async function watchBare(crowd: Crowd, { field }: StudyContext, { frames, bytes, everyMs }: Fanout): Promise<Fanout> {
  const padding = "x".repeat(bytes);
  for (let seq = 0; seq <= frames; seq++) {
    const due = nowMs() + everyMs;
    const body = `"seq":${seq}`;
    const { ok } = await fetch(`${field.yardstick.origin}/hall`, { method: "POST", body: `${body}\n${padding}` });
    if (!ok) throw new Error("the bare object could not tell its sockets");
    await crowd.settle();
    // The first one compiles the code.
    if (seq === 0) crowd.clear();
    await setTimeout(Math.max(0, due - nowMs()));
  }
  return fanoutOf("a bare object, the same bytes", crowd);
}

function fanoutOf(label: string, crowd: Crowd): Fanout {
  const frames = crowd.frames();
  const lost = crowd.lost();
  const [first, last] = [frames[0], frames.at(-1)];
  if (!first || !last || frames.length < 2) throw new Error(`${label}: no frames came`);
  if (lost.frames + lost.sockets > 0)
    throw new Error(`${label}: ${lost.frames} frames and ${lost.sockets} sockets lost`);
  const everyMs = (last.sentAt - first.sentAt) / (frames.length - 1);
  const receipts = frames.flatMap(({ lastAt, newestReceivedAt: at }) => (at === undefined ? [] : [lastAt - at]));
  return {
    label,
    frames: frames.length,
    bytes: Math.round(spreadOf(frames.map((frame) => frame.bytes)).median),
    everyMs,
    deliveriesPerS: (first.sockets * 1_000) / everyMs,
    lastAfterSentMs: quantiles(frames.map(({ lastAt, sentAt }: CrowdFrame) => lastAt - sentAt)),
    ...(receipts.length > 0 && { lastAfterReceiptMs: quantiles(receipts) }),
  };
}

function quantiles(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

const LABEL_CHARS = 52;
const ms = ({ p50, p99 }: Quantiles): string => `p50 ${p50.toFixed(0)}  p99 ${p99.toFixed(0)} ms`;

function linesOf({
  label,
  frames,
  bytes,
  everyMs,
  deliveriesPerS,
  lastAfterSentMs,
  lastAfterReceiptMs,
}: Fanout): string[] {
  const size = `${frames} frames of ${bytes} bytes, every ${everyMs.toFixed(0)} ms`;
  return [
    `${label.padEnd(LABEL_CHARS)}${Math.round(deliveriesPerS).toLocaleString("en-US")} deliveries/s (${size})`,
    `${"  sent, until the last socket had it".padEnd(LABEL_CHARS)}${ms(lastAfterSentMs)}`,
    ...(lastAfterReceiptMs
      ? [`${"  newest event received, until then".padEnd(LABEL_CHARS)}${ms(lastAfterReceiptMs)}`]
      : []),
  ];
}
