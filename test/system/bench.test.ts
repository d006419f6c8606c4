import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { BENCHMARKS } from "../../bench/benchmarks/list.ts";
import { ROOT } from "../../scripts/wrangler.ts";

/**
 * Goal: every benchmark still measures what it says. The threat is one that has not been run for a while: the shop has changed, and it fails on the
 * day on which somebody asks, or measures answers that are wrong. A wrong answer, a lost order and books that do not agree end the run; speed
 * is for `npm run bench`.
 */
const TIMEOUT_MS = 4 * 60_000;
const OUTPUT_BYTES = 16 * 1_024 * 1_024;
/** These start a shop of their own, which takes longer than all the others together. */
const ALONE = new Set(["events-price", "memory", "orders-price"]);
const NAMES = BENCHMARKS.map(({ name }) => name).filter((name) => !ALONE.has(name));
/** Hundreds of new objects, each with a file: on a disk their syncs would be most of what this test waits for. */
const PLACE = existsSync("/dev/shm") ? ["--tmpfs"] : [];

const sideSchema = z.object({
  label: z.string(),
  calls: z.int().positive(),
  perSecond: z.object({ median: z.number().positive() }),
});
const reportSchema = z.object({
  state: z.enum(["disk", "tmpfs"]),
  benchmarks: z.array(
    z.object({ name: z.string(), subject: sideSchema, yardstick: sideSchema, others: z.array(sideSchema) }),
  ),
  studies: z.array(z.object({ name: z.string(), lines: z.array(z.string()).min(1) })),
});

let report: z.infer<typeof reportSchema>;
beforeAll(async () => {
  const args = ["bench/index.ts", ...NAMES, "--smoke", "--json", ...PLACE];
  // A failure is an exit code, and what it said is in the error.
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, maxBuffer: OUTPUT_BYTES });
  report = reportSchema.parse(JSON.parse(stdout));
}, TIMEOUT_MS);

it("every benchmark gets right answers from the shop and from its yardstick, and the books agree after all of them", () => {
  const measured = [...report.benchmarks, ...report.studies].map(({ name }) => name);
  expect(measured.toSorted()).toEqual(NAMES.toSorted());
});

it("a purchase is measured against the same hops without logic, of which each was made: until then its round is not over", () => {
  const purchase = report.benchmarks.find(({ name }) => name === "purchase");
  expect(purchase?.others.map(({ label }) => label)).toContain("the same hops without logic");
});
