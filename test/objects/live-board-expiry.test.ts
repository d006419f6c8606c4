/**
 * Goal: what lets somebody watch ends when it ends. Threat: a page that slept over it wakes up and is shown the board once more, or comes back by a handshake of before.
 */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LIVE_CLOSE, type LiveRequest } from "../../src/domain/live.ts";
import { leaveAll, newBoard, scriptSources, Watcher } from "../support/objects-board.ts";

beforeEach(scriptSources);
afterEach(async () => {
  await leaveAll();
  vi.restoreAllMocks();
});

test.each<LiveRequest>([{ type: "resume" }, { type: "snapshot" }])(
  "who paused before it ended, and asks for a $type after it, is closed and shown nothing",
  async (request) => {
    const board = newBoard();
    const staying = await Watcher.open(board);
    const paused = await Watcher.open(board, { "x-breakwater-expires-at": String(Date.now() + 500) });
    await Promise.all([staying.first(), paused.first()]);
    paused.send({ type: "pause" });
    await scheduler.wait(600);
    const seen = paused.frames.length;
    paused.send(request);
    expect(await paused.ended()).toBe(LIVE_CLOSE.expired);
    expect(paused.frames).toHaveLength(seen);
    expect(staying.closed).toBeUndefined();
  },
);

test("a key that is revoked does not come back by a handshake that was let in before, and nobody else is refused", async () => {
  const board = newBoard();
  const watching = await Watcher.open(board, { "x-breakwater-actor": "key-1" });
  await board.dismiss("key-1");
  expect(await watching.ended()).toBe(LIVE_CLOSE.expired);
  const again = await Watcher.open(board, { "x-breakwater-actor": "key-1" });
  expect(await again.ended()).toBe(LIVE_CLOSE.expired);
  expect(again.frames).toEqual([]);
  const other = await Watcher.open(board, { "x-breakwater-actor": "key-10" });
  expect((await other.first()).type).toBe("snapshot");
});
