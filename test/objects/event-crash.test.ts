import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import fc from "fast-check";
import { afterEach, expect, it, vi } from "vitest";
import type { EventBatch } from "../../src/domain/events/columns.ts";
import { hash64 } from "../../src/domain/events/hash.ts";
import { splitByShard } from "../../src/domain/events/part.ts";
import { parseRouting, shardName, sliceIndex, sliceName } from "../../src/domain/events/routing.ts";
import { batchOf, partOf, type TestEvent } from "../support/events.ts";
import { env } from "../support/objects.ts";

afterEach(() => void vi.useRealTimers());

const newName = () => `shard-${crypto.randomUUID()}`;
const newSku = () => `SKU-${crypto.randomUUID().slice(0, 8)}`;
const sliceOf = (sku: string) => env.PRODUCT_METRICS.getByName(sliceName(sliceIndex(sku, Number(env.PRODUCT_SLICES))));

/** As a queue does: until it is acknowledged, however often that takes. */
async function deliver(shard: string, batch: EventBatch): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await env.EVENT_SHARD.getByName(shard).apply({ part: partOf(batch), facts: [] });
      return;
    } catch (error) {
      if (attempt === 50) throw error;
    }
  }
}

/** Crashes may hit any of these calls, so each is repeated. */
async function stubbornly<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt === 20) throw error;
    }
  }
}

async function untilPushed(shard: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const { unpushedSince } = await stubbornly(async () => env.EVENT_SHARD.getByName(shard).summary());
      expect(unpushedSince).toBeNull();
    },
    { timeout: 20_000, interval: 50 },
  );
}

it("pitfalls 16 and 20: crashes at random points lose no acknowledged event and count none twice, down to each product", async () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        type: fc.constant("send" as const),
        from: fc.nat(60),
        count: fc.integer({ min: 1, max: 30 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("again" as const) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("abort" as const), afterMs: fc.nat(120) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("evict" as const) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("alarm" as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant("later" as const), ms: fc.integer({ min: 1_000, max: 120_000 }) }),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const shard = newName();
      const skus = [newSku(), newSku(), newSku()];
      const sent = new Set<number>();
      const batches: EventBatch[] = [];
      const underWay: Promise<void>[] = [];
      const start = Date.now();
      const eventOf = (n: number): TestEvent => ({
        id: `${shard}-${n}`,
        visitor: `v${n % 5}`,
        label: skus[n % 3] ?? "",
        at: start - n,
      });
      for (const each of steps) {
        if (each.type === "send") {
          const numbers = Array.from({ length: each.count }, (_, i) => each.from + i);
          for (const n of numbers) sent.add(n);
          batches.push(batchOf(numbers.map(eventOf), { receivedAt: Date.now() }));
          underWay.push(deliver(shard, batches.at(-1) ?? batchOf([])));
        } else if (each.type === "again") {
          const again = batches[Math.floor(batches.length / 2)];
          if (again) underWay.push(deliver(shard, again));
        } else if (each.type === "abort") {
          await new Promise((resolve) => setTimeout(resolve, each.afterMs));
          await abortAllDurableObjects();
        } else if (each.type === "evict") {
          await evictDurableObject(env.EVENT_SHARD.getByName(shard)).catch(() => {});
        } else if (each.type === "alarm") {
          await runDurableObjectAlarm(env.EVENT_SHARD.getByName(shard)).catch(() => {});
        } else {
          vi.setSystemTime(Date.now() + each.ms);
        }
      }
      await Promise.all(underWay);
      await abortAllDurableObjects();
      await untilPushed(shard);
      const summary = await stubbornly(async () => env.EVENT_SHARD.getByName(shard).summary());
      const { received, applied, duplicate, late } = summary.ledger;
      expect({ applied, late, sum: applied + duplicate }).toEqual({ applied: sent.size, late: 0, sum: received });
      expect(received).toBe(batches.reduce((sum, { kind }) => sum + kind.length, 0));
      const perSku = skus.map((_, index) => [...sent].filter((n) => n % 3 === index).length);
      const shown = await Promise.all(
        skus.map(async (sku) => (await stubbornly(async () => sliceOf(sku).detail(sku)))?.minutes ?? []),
      );
      expect(shown.map((minutes) => minutes.reduce((sum, { views }) => sum + views, 0))).toEqual(perSku);
      vi.useRealTimers();
    }),
    { numRuns: 25, endOnFailure: true },
  );
});

it("deltas that were not pushed leave after a crash without any new traffic: the alarm is enough", async () => {
  const shard = newName();
  const sku = newSku();
  await deliver(shard, batchOf([{ id: "one", label: sku }]));
  await abortAllDurableObjects();
  expect((await sliceOf(sku).detail(sku))?.minutes ?? []).toEqual([]);
  await runDurableObjectAlarm(env.EVENT_SHARD.getByName(shard));
  expect((await sliceOf(sku).detail(sku))?.minutes).toMatchObject([{ views: 1 }]);
});

it("pitfall 19: a hot visitor and a hot product take one row per commit, and hold nobody else up", async () => {
  const shard = newName();
  const sku = newSku();
  const hot = Array.from({ length: 200 }, (_, i) =>
    batchOf(Array.from({ length: 100 }, (_, j) => ({ id: `hot-${shard}-${i}-${j}`, visitor: "bot", label: sku }))),
  );
  const calm = batchOf([{ id: "calm", visitor: "a person", label: sku }]);
  const stub = env.EVENT_SHARD.getByName(shard);
  const before = (await stub.summary()).rowsWritten;
  // The person comes in the middle of the crowd.
  const calls = hot.toSpliced(100, 0, calm);
  const answered: number[] = [];
  await Promise.all(
    calls.map(async (batch, place) => {
      await stub.apply({ part: partOf(batch), facts: [] });
      answered.push(place);
    }),
  );
  const { ledger, rowsWritten } = await stub.summary();
  expect(ledger).toMatchObject({ received: 20_001, applied: 20_001 });
  // 20,001 events: a commit per 80 ms and 1.2 MB, the first row of the storage and an alarm.
  expect(rowsWritten - before).toBeLessThan(40);
  const served = answered.slice(0, answered.indexOf(100));
  expect(served.filter((place) => place > 100)).toEqual([]);
});

it("a shard count that grows keeps every retry where it was counted first", async () => {
  const run = crypto.randomUUID();
  const start = Date.now() + 3_600_000;
  const before = parseRouting("2");
  const after = parseRouting(`2;${new Date(start).toISOString()}=5`);
  const events = Array.from({ length: 100 }, (_, i) => ({
    id: `${run}-${i}`,
    visitor: `visitor-${i}`,
    // Half of them happened before the change, half after it.
    at: i % 2 === 0 ? start - 1_000 : start + 1_000,
  }));
  const send = async (routing: typeof before): Promise<number> => {
    const routed = splitByShard([batchOf(events, { receivedAt: start + 2_000 })], routing);
    const replies = await Promise.all(
      routed.map(({ shard, part }) =>
        env.EVENT_SHARD.getByName(`${run}-${shardName(shard)}`).apply({ part, facts: [] }),
      ),
    );
    return replies.reduce((sum, { applied }) => sum + applied, 0);
  };
  vi.setSystemTime(start + 2_000);
  expect(await send(after)).toBe(100);
  // An isolate that still has the old routing, and a client that sends the events of before the change again.
  expect(await send(after)).toBe(0);
  expect(hash64("x").low).toBeGreaterThan(0);
  expect(splitByShard([batchOf(events.filter(({ at }) => at < start))], before).length).toBeLessThanOrEqual(2);
});
