/** Goal: what lets somebody watch ends when it ends. Threat: a page that slept over it wakes up and is shown the board once more. */
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
