import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type IdColumns, IdGathering } from "../../src/domain/events/id-columns.ts";
import { IdMemory } from "../../src/domain/events/id-memory.ts";
import { IdStore } from "../support/id-store.ts";

/**
 * Goal: an id is found for as long as it is promised, and which ones are asked for never decides about the memory of a shard. Threat: a client chooses the
 * time stamps of its events, and with them the order in which minutes are asked for. A shard that runs out of memory takes the message again when it
 * starts, and runs out again.
 */
const MiB = 1024 * 1024;
const MINUTE = 60_000;

interface Id {
  readonly bucket: number;
  readonly high: number;
  readonly low: number;
}

function columnsOf(ids: readonly Id[]): IdColumns {
  const all = new IdGathering(ids.length);
  const [stamp, high, low] = [
    ids.map(({ bucket }) => bucket * MINUTE),
    ids.map((id) => id.high),
    ids.map((id) => id.low),
  ];
  all.add(Float64Array.from(stamp), Uint32Array.from(high), Uint32Array.from(low), 0, ids.length);
  return all.columns;
}

const commit = (memory: IdMemory, ids: readonly Id[]): boolean[] =>
  [...memory.addAll(columnsOf(ids))].map((is) => is === 1);

const ids = (bucket: number, count: number, from = 0): Id[] =>
  Array.from({ length: count }, (_, i) => ({ bucket, high: from + i, low: 7 }));

/** Minutes that have many ids in storage, each looked up out of turn. */
function storeOf(buckets: number, count: number): IdStore {
  const store = new IdStore();
  for (let bucket = 0; bucket < buckets; bucket++) {
    const hashes = new Uint32Array(count * 2);
    for (let i = 0; i < count; i++) hashes.set([i, 7], i * 2);
    store.save([{ bucket, hashes }]);
  }
  return store;
}

const id = fc.record({ bucket: fc.nat(5), high: fc.nat(30), low: fc.nat(3) });

describe("ids", () => {
  it("are exact over tables that were given up, in the middle of a commit too, and over restarts", () => {
    const step = fc.record({
      ids: fc.array(id, { maxLength: 30 }),
      isOneByOne: fc.boolean(),
      after: fc.constantFrom("nothing", "nothing", "checkpoint", "restart"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.constantFrom(0, 2_000, MiB), (steps, maxBytes) => {
        const stored = new IdStore();
        const start = () => new IdMemory({ stored, salt: 3, maxBytes });
        let memory = start();
        const model = new Set<string>();
        for (const { ids: asked, isOneByOne, after } of steps) {
          const expected = asked.map(({ bucket, high, low }) => {
            // Two zeros and (0, 1) are one id, by design of the table.
            const key = `${bucket} ${high} ${high === 0 && low === 0 ? 1 : low}`;
            const isNew = !model.has(key);
            model.add(key);
            return isNew;
          });
          const answers = isOneByOne
            ? asked.map(({ bucket, high, low }) => memory.add(bucket, high, low))
            : commit(memory, asked);
          expect(answers).toEqual(expected);
          if (after !== "nothing") stored.save(memory.takeFresh());
          if (after === "restart") memory = start();
        }
      }),
    );
  });

  it("pitfall 16: beyond what a minute may have, the same are forgotten whether they were in memory or not, so that a fold after a crash counts the same", () => {
    const few = fc.record({ bucket: fc.nat(1), high: fc.nat(30), low: fc.constant(7) });
    const step = fc.record({
      ids: fc.array(few, { maxLength: 4 }),
      after: fc.constantFrom("nothing", "nothing", "nothing", "checkpoint", "restart", "expire"),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 100, maxLength: 200 }), (steps) => {
        const [roomyStore, tightStore] = [new IdStore(), new IdStore()];
        const roomy = new IdMemory({ stored: roomyStore, salt: 3, maxIds: 20 });
        const startTight = () => new IdMemory({ stored: tightStore, salt: 5, maxIds: 20, maxBytes: 0 });
        let tight = startTight();
        for (const { ids: asked, after } of steps) {
          expect(commit(tight, asked)).toEqual(commit(roomy, asked));
          if (after === "nothing") continue;
          roomyStore.save(roomy.takeFresh());
          tightStore.save(tight.takeFresh());
          if (after === "restart") tight = startTight();
          if (after !== "expire") continue;
          for (const [store, memory] of [[roomyStore, roomy] as const, [tightStore, tight] as const]) {
            store.expire(1);
            memory.forget(1);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it("of one minute are bounded: the older half is forgotten, the newer is exact", () => {
    const memory = new IdMemory({ stored: new IdStore(), salt: 9, maxIds: 1_000 });
    for (let i = 0; i < 5_000; i++) expect(memory.add(1, i, i)).toBe(true);
    for (let i = 4_500; i < 5_000; i++) expect(memory.add(1, i, i)).toBe(false);
    memory.takeFresh();
    expect(memory.bytes).toBeLessThan(50_000);
  });
});

describe("the memory of ids", () => {
  it("does not grow with the order of stamps: a full minute lends its size to no other", () => {
    for (const isOneByOne of [true, false]) {
      const memory = new IdMemory({ stored: new IdStore(), salt: 3 });
      const take = (asked: readonly Id[]) =>
        isOneByOne ? asked.forEach(({ bucket, high, low }) => memory.add(bucket, high, low)) : commit(memory, asked);
      for (let request = 0; request < 40; request++) take(ids(0, 2_500, request * 2_500));
      const alternating = Array.from({ length: 833 }, (_, i) => [
        { bucket: 0, high: 1_000_000 + i, low: 7 },
        { bucket: 1 + 2 * i, high: 1, low: i },
        { bucket: 2 + 2 * i, high: 1, low: i },
      ]);
      take(alternating.flat());
      expect(memory.bytes).toBeLessThan(8 * MiB);
    }
  });

  it("is bounded while minutes are asked for whose ids are in storage: each is read once a commit, a few tables are loaded, and every id is found", () => {
    const [buckets, each, maxBytes] = [300, 1_000, MiB];
    const store = storeOf(buckets, each);
    const memory = new IdMemory({ stored: store, salt: 3, maxBytes });
    let reads: number[] = [];
    let peak = 0;
    store.onRead = (bucket) => {
      reads.push(bucket);
      peak = Math.max(peak, memory.bytes);
    };
    let tables = 0;
    for (let turn = 0; turn < 50; turn++) {
      reads = [];
      const known = Array.from({ length: buckets }, (_, bucket) => ({ bucket, high: (turn * 37) % each, low: 7 }));
      const fresh = Array.from({ length: buckets }, (_, bucket) => ({ bucket, high: turn, low: 8 }));
      expect(commit(memory, [...known, ...fresh])).toEqual([...known.map(() => false), ...fresh.map(() => true)]);
      expect(new Set(reads).size).toBe(reads.length);
      store.save(memory.takeFresh());
      expect(memory.bytes).toBeLessThanOrEqual(Math.min(tables + 4 * 32 * 1024, maxBytes));
      tables = memory.bytes;
    }
    expect(peak).toBeLessThan(maxBytes + 64 * 1024);
    // What is asked for all the time is in memory in the end: the bound is not that nothing ever is.
    expect(tables).toBeGreaterThan(maxBytes / 2);
  });

  it("is not filled by ordinary minutes when a request has all of a day's", () => {
    const store = storeOf(1_440, 500);
    const memory = new IdMemory({ stored: store, salt: 3 });
    const day = Array.from({ length: 1_440 }, (_, bucket) => ({ bucket: (bucket * 611) % 1_440, high: 1, low: 7 }));
    expect(commit(memory, day)).not.toContain(true);
    expect(memory.bytes).toBe(0);
  });

  it("reads no more of a minute than it may remember, however much clients sent under it", () => {
    const store = storeOf(1, 10_000);
    let most = 0;
    store.onRead = (_, count) => (most = Math.max(most, count));
    const memory = new IdMemory({ stored: store, salt: 3, maxIds: 1_000 });
    expect(commit(memory, [...ids(0, 1, 9_999), ...ids(0, 1, 0)])).toEqual([false, true]);
    expect(commit(memory, ids(0, 700, 20_000))).not.toContain(false);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(1_000);
  });
});
