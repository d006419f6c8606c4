/**
 * Goal: the board is never held up by one source for longer than a second, and never shows an older answer after a newer one. Threat: a call
 * that hangs for ever, an answer that comes late, figures of yesterday that count as unchanged after midnight.
 */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FrameLatency } from "../../durable-objects/live-board/frame-latency.ts";
import { Puller } from "../../durable-objects/live-board/puller.ts";
import type { ShopDay } from "../../src/domain/board/day.ts";
import type { ShardSummary, Sight, SliceQuery } from "../../src/domain/events/summary.ts";
import { shardSummary, sliceSummary } from "../support/board-summaries.ts";

const NAMES = { shards: ["shard-0", "shard-1"], slices: ["slice-0"] };
const dayFrom = (startsAt: number): ShopDay => ({
  date: "2026-11-27",
  timeZone: "UTC",
  startsAt,
  yesterdayStartsAt: startsAt - 86_400_000,
  yesterdayUntil: startsAt,
});
const DAY = dayFrom(0);

beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => vi.useRealTimers());

interface Asked {
  readonly name: string;
  readonly seen: Sight | undefined;
  readonly answer: PromiseWithResolvers<ShardSummary>;
}

/** A puller whose shards answer when the test says so; the slice answers at once. */
function scripted() {
  const asked: Asked[] = [];
  const queries: SliceQuery[] = [];
  const puller = new Puller({
    askShard(name, seen) {
      const answer = Promise.withResolvers<ShardSummary>();
      asked.push({ name, seen, answer });
      return answer.promise;
    },
    askSlice(name, query) {
      queries.push(query);
      return Promise.resolve(sliceSummary({ name, version: queries.length }));
    },
    now: Date.now,
  });
  const of = (name: string): Asked[] => asked.filter((ask) => ask.name === name);
  const shard = (name: string) => puller.sources.shards.find((view) => view.name === name);
  return { puller, of, shard, queries };
}

/** Pulls, with every shard but the first answering at once. */
async function pull({ puller, of }: ReturnType<typeof scripted>, day = DAY): Promise<void> {
  const before = of("shard-1").length;
  const done = puller.pull(NAMES, day, 100);
  await vi.advanceTimersByTimeAsync(0);
  of("shard-1")
    .slice(before)
    .forEach(({ answer }) => answer.resolve(shardSummary({ name: "shard-1", version: before + 1 })));
  await vi.advanceTimersByTimeAsync(1_000);
  await done;
}

test("a source that hangs is waited for once, is not asked again for ten seconds, and its late answer still counts", async () => {
  const world = scripted();
  await pull(world);
  expect(world.shard("shard-0")).toMatchObject({ summary: null, staleSince: 1_001_000 });
  await pull(world);
  expect([world.of("shard-0").length, world.of("shard-1").length]).toEqual([1, 2]);
  world.of("shard-0")[0]?.answer.resolve(shardSummary({ name: "shard-0", visitorsNow: 5 }));
  await vi.advanceTimersByTimeAsync(0);
  expect(world.shard("shard-0")).toMatchObject({ summary: { visitorsNow: 5 }, staleSince: null });
});

test("a call that was given up cannot overwrite what a later one brought", async () => {
  const world = scripted();
  await pull(world);
  await vi.advanceTimersByTimeAsync(10_000);
  const again = pull(world);
  await vi.advanceTimersByTimeAsync(0);
  const [first, second] = world.of("shard-0");
  second?.answer.resolve(shardSummary({ name: "shard-0", version: 9 }));
  await again;
  first?.answer.resolve(shardSummary({ name: "shard-0", version: 3 }));
  await vi.advanceTimersByTimeAsync(0);
  expect(world.shard("shard-0")?.summary?.version).toBe(9);
});

test("no timer is left once everybody has answered (pitfall 25)", async () => {
  const world = scripted();
  const done = world.puller.pull(NAMES, DAY, 100);
  await vi.advanceTimersByTimeAsync(0);
  for (const name of NAMES.shards) world.of(name)[0]?.answer.resolve(shardSummary({ name }));
  await done;
  expect(vi.getTimerCount()).toBe(0);
});

test("a source is asked with what was seen of it, and a slice for all of its figures when another day begins", async () => {
  const world = scripted();
  await pull(world);
  await pull(world);
  expect(world.of("shard-1")[1]?.seen).toEqual({ life: "a", version: 1 });
  await pull(world, dayFrom(86_400_000));
  expect(world.queries.map(({ seen }) => seen?.version)).toEqual([undefined, 1, undefined]);
});

test("a shard that has folded nothing has no newest event, and not one of 1970", async () => {
  const world = scripted();
  const none = { receivedAt: 0, events: 0 };
  const done = world.puller.pull(NAMES, DAY, 100);
  await vi.advanceTimersByTimeAsync(0);
  world.of("shard-0")[0]?.answer.resolve(shardSummary({ name: "shard-0", receipts: [none] }));
  await vi.advanceTimersByTimeAsync(0);
  expect(world.puller.newestEventAt).toBeNull();
  world
    .of("shard-1")[0]
    ?.answer.resolve(shardSummary({ name: "shard-1", receipts: [none, { receivedAt: 900_000, events: 2 }] }));
  await done;
  expect(world.puller.newestEventAt).toBe(900_000);
});

test("only what was folded between two asks waited for a frame, not what a restarted shard tells again", async () => {
  const world = scripted();
  const receipts = [{ receivedAt: 900_000, events: 2 }];
  const told: number[] = [];
  for (const life of ["a", "a", "b", "b"]) {
    const done = world.puller.pull({ shards: ["shard-0"], slices: [] }, DAY, 100);
    await vi.advanceTimersByTimeAsync(0);
    world
      .of("shard-0")
      .at(-1)
      ?.answer.resolve(shardSummary({ name: "shard-0", life, receipts }));
    await done;
    told.push(world.puller.takeReceipts().length);
  }
  expect(told).toEqual([0, 1, 0, 1]);
});

test("the latency forgets what is older than five minutes, and is nothing without events", () => {
  const latency = new FrameLatency();
  expect(latency.figures(Date.now())).toBeNull();
  latency.add(5_000, 10, Date.now());
  vi.advanceTimersByTime(4 * 60_000);
  latency.add(200, 990, Date.now());
  const both = latency.figures(Date.now());
  expect(both?.count).toBe(1_000);
  expect(both?.p50).toBeGreaterThanOrEqual(198);
  expect(both?.p50).toBeLessThanOrEqual(202);
  vi.advanceTimersByTime(2 * 60_000);
  expect(latency.figures(Date.now())?.count).toBe(990);
  vi.advanceTimersByTime(5 * 60_000);
  expect(latency.figures(Date.now())).toBeNull();
});
