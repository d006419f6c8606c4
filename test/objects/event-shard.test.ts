import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ShardTables } from "../../durable-objects/event-shard/tables.ts";
import type { EventBatch } from "../../src/domain/events/columns.ts";
import type { ShardLedger } from "../../src/domain/events/summary.ts";
import { batchOf, partOf, type TestEvent } from "../support/events.ts";
import { env } from "../support/objects.ts";

afterEach(() => void vi.useRealTimers());

const HOUR = 3_600_000;

/** Names, because a stub is of no use any more once its object has crashed. */
const newShard = () => `shard-${crypto.randomUUID()}`;
const stub = (shard: string) => env.EVENT_SHARD.getByName(shard);

const apply = (shard: string, ...batches: EventBatch[]) => stub(shard).apply({ part: partOf(...batches), facts: [] });

const views = (from: number, to: number): TestEvent[] =>
  Array.from({ length: to - from }, (_, i) => ({ id: `e${from + i}`, visitor: `v${(from + i) % 7}`, label: "SKU-1" }));

async function ledgerOf(shard: string): Promise<Omit<ShardLedger, "facts" | "rejectedBy">> {
  const { facts: _facts, rejectedBy: _by, ...rest } = (await stub(shard).summary()).ledger;
  return rest;
}

describe("an event shard counts each event once", () => {
  it("in the same batch, in another batch, after an eviction and after a crash", async () => {
    const shard = newShard();
    const batch = batchOf([...views(0, 10), ...views(0, 3)]);
    expect(await apply(shard, batch)).toEqual({ received: 13, applied: 10, duplicate: 3, late: 0, rejected: 0 });
    expect(await apply(shard, batchOf(views(5, 12)))).toMatchObject({ received: 7, applied: 2, duplicate: 5 });
    await evictDurableObject(stub(shard));
    expect(await apply(shard, batchOf(views(0, 13)))).toMatchObject({ applied: 1, duplicate: 12 });
    await abortAllDurableObjects();
    expect(await apply(shard, batchOf(views(0, 14)))).toMatchObject({ applied: 1, duplicate: 13 });
    expect(await ledgerOf(shard)).toEqual({ received: 47, applied: 14, duplicate: 33, late: 0, pending: 0 });
  });

  it("and a message that the queue delivers again not even as received", async () => {
    const shard = newShard();
    const batch = batchOf(views(0, 5));
    await apply(shard, batch);
    expect(await apply(shard, batch, batch)).toMatchObject({ received: 0, applied: 0, duplicate: 0 });
    await abortAllDurableObjects();
    await apply(shard, batch);
    expect(await ledgerOf(shard)).toMatchObject({ received: 5, applied: 5 });
  });

  it("an hour and 23 hours later, over checkpoints, restarts and minutes that are out of memory", async () => {
    const shard = newShard();
    const start = Date.now();
    const old = views(0, 20).map((event) => ({ ...event, at: start, stamp: start }));
    await apply(shard, batchOf(old, { receivedAt: start }));
    for (const hours of [1, 23]) {
      vi.setSystemTime(start + hours * HOUR);
      await runDurableObjectAlarm(stub(shard));
      await abortAllDurableObjects();
      expect(await apply(shard, batchOf(old, { receivedAt: Date.now() }))).toMatchObject({ duplicate: 20, applied: 0 });
    }
    expect(await ledgerOf(shard)).toMatchObject({ received: 60, applied: 20, duplicate: 40 });
  });

  it("in one request with all minutes of a day, in and out of storage", async () => {
    const shard = newShard();
    const start = Date.now();
    const day = Array.from({ length: 1_400 }, (_, i) => ({ id: `m${i}`, at: start - ((i * 611) % 1_400) * 60_000 }));
    expect(await apply(shard, batchOf([...day, ...day], { receivedAt: start }))).toMatchObject({
      applied: 1_400,
      duplicate: 1_400,
    });
    for (const crash of [false, true]) {
      vi.setSystemTime(Date.now() + 2 * 60_000);
      await runDurableObjectAlarm(stub(shard));
      if (crash) await abortAllDurableObjects();
      expect(await apply(shard, batchOf(day, { receivedAt: start }))).toMatchObject({ applied: 0, duplicate: 1_400 });
    }
  });

  it("and reads of a minute only the newest ids, wherever in its blobs they begin", async () => {
    const shard = newShard();
    await apply(shard, batchOf(views(0, 1)));
    await runInDurableObject(stub(shard), (_, { storage }) => {
      const tables = new ShardTables(storage.sql);
      const save = (commit: number, from: number, count: number) =>
        tables.saveIds(
          [{ bucket: 9, hashes: Uint32Array.from({ length: count * 2 }, (_id, i) => from * 2 + i) }],
          commit,
          1,
        );
      save(11, 0, 3);
      save(12, 3, 1);
      save(13, 4, 2);
      expect(tables.countIds(9)).toBe(6);
      expect(tables.countIds(10)).toBe(0);
      for (let skip = 0; skip <= 7; skip++) {
        const read = [...tables.ids(9, skip)].flatMap((hashes) => [...hashes]);
        expect(read).toEqual(Array.from({ length: 12 }, (_id, i) => i).slice(skip * 2));
      }
    });
  });
});

it("pitfall 25: a clock that is put back makes no shard wake every minute until the old time has come again", async () => {
  const shard = newShard();
  vi.setSystemTime(Date.now() + HOUR);
  await apply(shard, batchOf(views(0, 5)));
  vi.useRealTimers();
  await runDurableObjectAlarm(stub(shard));
  await runDurableObjectAlarm(stub(shard));
  expect(await runInDurableObject(stub(shard), (_, { storage }) => storage.getAlarm())).toBeNull();
  expect(await ledgerOf(shard)).toMatchObject({ received: 5, applied: 5 });
});

describe("what does not count is counted as such", () => {
  it("pitfall 18: what comes more than a day late is counted as late, and in nothing else", async () => {
    const shard = newShard();
    const receivedAt = Date.now();
    const at = receivedAt - 24 * HOUR - 1;
    const reply = await apply(
      shard,
      batchOf(
        [
          { id: "late", at },
          { id: "just in time", at: at + 2 },
        ],
        { receivedAt },
      ),
    );
    expect(reply).toMatchObject({ received: 2, applied: 1, late: 1 });
    const { counts } = await stub(shard).summary();
    expect(counts.reduce((sum, { views: n }) => sum + n, 0)).toBeLessThanOrEqual(1);
  });

  it("pitfall 18: a dead letter that is replayed after ids are forgotten is late as a whole, not counted anew", async () => {
    const shard = newShard();
    const receivedAt = Date.now();
    vi.setSystemTime(receivedAt + 25 * HOUR);
    expect(await apply(shard, batchOf(views(0, 4), { receivedAt }))).toMatchObject({
      received: 4,
      late: 4,
      applied: 0,
    });
  });

  it("rejected rows are counted once each, by reason, and a made-up reason opens no counter", async () => {
    const shard = newShard();
    const rejected = [
      { id: "a", kind: "rejected", label: "missing_user" },
      { id: "a", kind: "rejected", label: "missing_user" },
      { id: "b", kind: "rejected", label: "' OR 1=1" },
    ] as const;
    expect(await apply(shard, batchOf(rejected))).toMatchObject({ received: 3, rejected: 2, duplicate: 1 });
    expect((await stub(shard).summary()).ledger.rejectedBy).toEqual({ missing_user: 1, unknown: 1 });
  });

  it("pitfall 18: a clock that runs ahead moves nothing: time ends when a batch was received", async () => {
    const shard = newShard();
    const receivedAt = Date.now();
    await apply(shard, batchOf([{ id: "future", at: receivedAt + 400 * 24 * HOUR }], { receivedAt }));
    const { counts } = await stub(shard).summary();
    expect(counts).toMatchObject([{ minute: Math.floor(receivedAt / 60_000), views: 1 }]);
  });
});
