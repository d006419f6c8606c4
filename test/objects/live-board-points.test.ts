/** Goal: how fresh the board is can be seen in the platform's dashboard, always. Threat: a clock that is put back silences it for as long as it was ahead. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AREAS, countOf } from "../../src/domain/cost/counts.ts";
import { meter } from "../../src/platform/meter.ts";
import { leaveAll, newBoard, scriptSources, sources, Watcher } from "../support/objects-board.ts";

beforeEach(scriptSources);
afterEach(async () => {
  await leaveAll();
  vi.restoreAllMocks();
});

const pointsWritten = (): number => {
  const counts = meter.take();
  return AREAS.reduce((sum, area) => sum + countOf(counts, `${area}.dataPoint`), 0);
};

test("a board whose clock is put back by an hour goes on writing points", async () => {
  vi.setSystemTime(Date.now() + 3_600_000);
  const watcher = await Watcher.open(newBoard());
  await watcher.first();
  vi.useRealTimers();
  meter.take();
  sources.views = 3;
  await watcher.next(({ type }) => type === "delta");
  await vi.waitFor(() => expect(pointsWritten()).toBe(1));
});
