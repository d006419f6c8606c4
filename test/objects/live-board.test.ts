/**
 * Goal: whoever watches has the board that the shards and slices tell of, at most a tick old, and nothing runs when nobody does.
 * Threat: a gap that nobody notices, a socket that fills the memory, a timer that stays.
 */
import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LIMITS } from "../../src/domain/limits.ts";
import { LIVE_CLOSE } from "../../src/domain/live.ts";
import { figuresOf } from "../support/board-summaries.ts";
import { env } from "../support/objects.ts";
import { leaveAll, newBoard, screenOf, scriptSources, sources, Watcher } from "../support/objects-board.ts";

const SHARDS = 4;
const pause = (ms: number): Promise<void> => scheduler.wait(ms);

beforeEach(scriptSources);
afterEach(async () => {
  await leaveAll();
  vi.restoreAllMocks();
});

describe("frames", () => {
  test("a snapshot first, then changes that add up to the board, numbered without a gap", async () => {
    const board = newBoard();
    const watcher = await Watcher.open(board);
    expect((await watcher.first()).type).toBe("snapshot");
    for (const views of [3, 8, 15]) {
      sources.views = views;
      await watcher.next(({ type }) => type === "delta");
    }
    await vi.waitFor(() => expect(screenOf(watcher).totals.views).toBe(15 * SHARDS), { timeout: 5_000 });
    const { frames } = watcher;
    expect(new Set(frames.map(({ epoch }) => epoch)).size).toBe(1);
    const first = frames[0]?.seq ?? 0;
    expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_frame, i) => first + i));
    expect(screenOf(watcher).minutes).toEqual((await board.snapshot()).minutes);
  });

  test("who comes later, or asks because of a gap, gets a snapshot that the next change follows", async () => {
    const board = newBoard();
    const early = await Watcher.open(board);
    await early.first();
    const late = await Watcher.open(board);
    const first = await late.first();
    expect(first.type).toBe("snapshot");
    sources.views = 1;
    expect((await late.next()).seq).toBe(first.seq + 1);
    late.send({ type: "snapshot" });
    const again = await late.next(({ type }) => type === "snapshot");
    sources.views = 2;
    expect((await late.next(({ type }) => type === "delta")).seq).toBe(again.seq + 1);
    await vi.waitFor(() => expect(screenOf(late)).toEqual(screenOf(early)));
  });

  test("an idle board says every five seconds that it is alive, and nothing in between", async () => {
    const watcher = await Watcher.open(newBoard());
    await watcher.first();
    await pause(3_000);
    expect(watcher.frames).toHaveLength(1);
    expect(await watcher.next(undefined, 4_000)).toMatchObject({ type: "delta", change: {} });
  });

  test("the latency is that of events received while somebody watched, to the frame that showed them", async () => {
    sources.receipts = [{ receivedAt: Date.now() - 60_000, events: 7 }];
    const watcher = await Watcher.open(newBoard());
    await watcher.first();
    const receivedAt = Date.now() - 100;
    sources.receipts = [{ receivedAt, events: 3 }];
    const frame = await watcher.next(({ type }) => type === "delta");
    expect(frame).toMatchObject({ newest_received_at: receivedAt });
    const { newest_event_at: newest, event_to_frame_ms: latency } = screenOf(watcher).freshness;
    expect(newest).toBe(new Date(receivedAt).toISOString());
    expect(latency?.count).toBe(3);
    expect(latency?.p99).toBeGreaterThanOrEqual(99);
    expect(latency?.p99).toBeLessThan(2_000);
  });
});

describe("what it costs", () => {
  test("asks that come together are one pull, and so are those within a quarter of a second", async () => {
    const board = newBoard();
    await Promise.all(Array.from({ length: 20 }, () => board.snapshot()));
    await board.snapshot();
    expect(sources.asks).toBe(SHARDS);
  });

  test("when nobody watches, or everybody pauses, no timer and no alarm is pending (pitfall 25)", async () => {
    const board = newBoard();
    const [leaving, pausing] = [await Watcher.open(board), await Watcher.open(board)];
    await Promise.all([leaving.first(), pausing.first()]);
    leaving.close();
    pausing.send({ type: "pause" });
    await pause(1_500);
    const asked = sources.asks;
    const seen = pausing.frames.length;
    await pause(1_500);
    expect([sources.asks, pausing.frames.length]).toEqual([asked, seen]);
    const alarm = await runInDurableObject(board, (_board, { storage }) => storage.getAlarm());
    expect(alarm).toBeNull();
    pausing.send("ping");
    await vi.waitFor(() => expect(pausing.texts.at(-1)).toBe("pong"));
    pausing.send({ type: "resume" });
    expect((await pausing.next()).type).toBe("snapshot");
    sources.views = 4;
    expect((await pausing.next()).type).toBe("delta");
  });

  test("a socket that confirms nothing is closed instead of being buffered for", async () => {
    const name = "x".repeat(LIMITS.liveUnseenChars / 50);
    sources.slice = (summary) => ({
      ...summary,
      products: Array.from({ length: 30 }, (_, i) =>
        figuresOf(`SKU-${i}`, { name, views: sources.version, revenue: { USD: 1 } }),
      ),
    });
    const board = newBoard();
    const [slow, quick] = [await Watcher.open(board), await Watcher.open(board)];
    const confirming = async (): Promise<void> => {
      while (!slow.closed) {
        quick.send({ type: "ping", at: 1, seen: quick.frames.at(-1)?.seq ?? 0 });
        await pause(200);
      }
    };
    await confirming();
    expect(slow.closed?.code).toBe(LIVE_CLOSE.tooSlow);
    expect(quick.closed).toBeUndefined();
  });
});

describe("life and death", () => {
  test("sockets outlive hibernation: who resumes goes on under a new epoch, from a snapshot", async () => {
    const board = newBoard();
    const [resuming, paused] = [await Watcher.open(board), await Watcher.open(board)];
    const before = await resuming.first();
    await paused.first();
    for (const watcher of [resuming, paused]) watcher.send({ type: "pause" });
    await pause(600);
    await evictDurableObject(board);
    resuming.send({ type: "resume" });
    const after = await resuming.next();
    expect(after.type).toBe("snapshot");
    expect(after.epoch).not.toBe(before.epoch);
    sources.views = 10;
    await vi.waitFor(() => expect(screenOf(resuming).totals.views).toBe(10 * SHARDS), { timeout: 3_000 });
    expect(paused.frames).toHaveLength(1);
    expect([resuming.closed, paused.closed]).toEqual([undefined, undefined]);
  });

  test("a board that wakes up with somebody watching goes on ticking at the first sign of life", async () => {
    const board = newBoard();
    const watcher = await Watcher.open(board);
    await watcher.first();
    watcher.send({ type: "pause" });
    await pause(600);
    // As it is after a restart of the runtime that kept the sockets: nobody has paused, and no timer is pending.
    await runInDurableObject(board, (_board, ctx) => {
      for (const socket of ctx.getWebSockets()) {
        socket.serializeAttachment({ actor: "a", expiresAt: null, paused: false });
      }
    });
    await evictDurableObject(board);
    watcher.send({ type: "ping", at: 1 });
    expect((await watcher.next()).type).toBe("snapshot");
    sources.views = 3;
    expect((await watcher.next()).type).toBe("delta");
  });

  test("after a crash whoever connects anew sees another epoch", async () => {
    const board = newBoard();
    const watcher = await Watcher.open(board);
    const before = await watcher.first();
    await abortAllDurableObjects();
    await watcher.ended();
    const again = await Watcher.open(env.LIVE_BOARD.get(board.id));
    const after = await again.first();
    expect(after.type).toBe("snapshot");
    expect(after.epoch).not.toBe(before.epoch);
  });
});

describe("who may not go on", () => {
  test.each([
    ["not JSON", "{"],
    ["another type", '{"type":"subscribe"}'],
    ["too long", JSON.stringify({ type: "ping", at: 1, padding: "x".repeat(LIMITS.liveRequestChars) })],
    ["bytes", new ArrayBuffer(8)],
    ["an impossible number", '{"type":"ping","at":1,"seen":-1}'],
  ])("a message that is %s closes the socket, and no other", async (_what, message) => {
    const board = newBoard();
    const [bad, good] = [await Watcher.open(board), await Watcher.open(board)];
    bad.send(message);
    expect(await bad.ended()).toBe(LIVE_CLOSE.badRequest);
    await good.first();
    expect(good.closed).toBeUndefined();
  });

  test("more than ten messages in a second close the socket", async () => {
    const watcher = await Watcher.open(newBoard());
    await pause(1_020 - (Date.now() % 1_000));
    for (let i = 0; i <= LIMITS.liveRequestsPerSecond; i++) watcher.send({ type: "ping", at: i });
    expect(await watcher.ended()).toBe(LIVE_CLOSE.tooManyRequests);
  });

  test("a key that is revoked or has expired loses its sockets, and nobody else does", async () => {
    const board = newBoard();
    const expiresAt = String(Date.now() + 300);
    const [revoked, expiring, other] = await Promise.all([
      Watcher.open(board, { "x-breakwater-actor": "key-1" }),
      Watcher.open(board, { "x-breakwater-actor": "key-2", "x-breakwater-expires-at": expiresAt }),
      Watcher.open(board, { "x-breakwater-actor": "key-3" }),
    ]);
    await board.dismiss("key-1");
    expect(await revoked.ended()).toBe(LIVE_CLOSE.expired);
    expect(await expiring.ended()).toBe(LIVE_CLOSE.expired);
    expect(other.closed).toBeUndefined();
  });

  test("there are places for so many sockets, and the next is told that all are taken", async () => {
    const board = newBoard();
    for (let i = 0; i < LIMITS.liveSockets; i += 50) {
      await Promise.all(Array.from({ length: 50 }, () => Watcher.open(board)));
    }
    expect(await (await Watcher.open(board)).ended()).toBe(LIVE_CLOSE.full);
  });
});
