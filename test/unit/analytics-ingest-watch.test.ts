import { expect, it, vi } from "vitest";
import { IngestWatch } from "../../src/analytics/ingest/watch.ts";

/** Goal: an operator sees what ingest refuses, a line per reason and ten seconds. Threat: a clock that is put back silences it for as long as it was ahead. */
it("says what it refuses after the clock was put back by an hour, in lines and in points", () => {
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  const written: unknown[] = [];
  // SAFETY: a dataset is only written to.
  const points = { writeDataPoint: (point: unknown) => void written.push(point) } as unknown as AnalyticsEngineDataset;
  const watch = new IngestWatch();
  const refuse = (now: number) => {
    watch.refused(now, "web", "rate_limited", "too many", "req_1");
    watch.tell(now, points);
  };
  for (const now of [3_600_000, 3_600_001]) refuse(now);
  expect([lines.length, written.length]).toEqual([1, 1]);
  refuse(0);
  expect([lines.length, written.length]).toEqual([2, 2]);
  expect(JSON.parse(lines[1] ?? "")).toMatchObject({ event: "tracking_refused", code: "rate_limited", unsaid: 1 });
  log.mockRestore();
});
