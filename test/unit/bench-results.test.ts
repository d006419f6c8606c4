import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { markdownOf } from "../../bench/results.ts";
import { type Report, warningsOf } from "../../bench/report.ts";
import { startUpMs } from "../../bench/runtime/start-up-profile.ts";
import { inputsOf, merged, resultSchema, tableOf } from "../../bench/scale/inputs.ts";
import { PURCHASES, writesOf } from "../../bench/yardstick/purchase.ts";

/** Goal: what is kept of a run says where it is from, and docs/scale.md repeats it without a person in between. The threat is a figure without its machine. */
const side = (label: string, median: number) => ({
  label,
  unit: "purchases",
  perSecond: { median, low: median - 1, high: median + 1 },
  p50Ms: 1,
  p99Ms: 2,
  calls: 100,
  generatorBusy: 0.1,
});

const report: Report = {
  at: "2026-11-25T12:00:00.000Z",
  commit: "abc+changes",
  machine: { cpu: "a CPU", cores: 2, memoryGiB: 8, system: "linux", loadBefore: 3, versions: { workerd: "1.2" } },
  state: "tmpfs",
  concurrency: 16,
  rounds: 5,
  secondsPerRound: 2,
  benchmarks: [
    {
      name: "purchase",
      title: "a purchase",
      secondsPerRound: 8,
      subject: side("the shop", 150),
      yardstick: side("bare", 200),
      ratio: { median: 0.75, low: 0.7, high: 0.8 },
      others: [],
    },
  ],
  studies: [
    {
      name: "memory",
      title: "memory",
      data: [{ perObject: 1 }, { perObject: 20_480 }],
      lines: ["a line"],
      warnings: [],
    },
  ],
};

describe("a kept report", () => {
  it("names machine, versions, date, commit and kind of state, and warns of what the run itself saw", () => {
    const text = markdownOf(report, "laptop", warningsOf(report));
    for (const part of ["a CPU", "workerd 1.2", "2026-11-25", "`abc+changes`", "tmpfs", "was not idle"]) {
      expect(text).toContain(part);
    }
    expect(text).toContain("| `purchase` | the shop | 150 (149 to 151) purchases |");
    expect(text).toContain("**75 % (70 % to 80 %)**");
  });

  it("fills the table of docs/scale.md, and what the run left out is not made up", () => {
    const inputs = inputsOf(resultSchema.parse(JSON.parse(JSON.stringify(report))));
    const text = tableOf(inputs, ["laptop"]);
    expect(text).toContain("purchases, until paid, counted and in the read model | 150/s | 12,960,000 a day | 75 %");
    expect(text).toContain("one more cart that is awake | 20 KiB");
    expect(text).toContain("`hot-sku`: reservations at one Stock object | not measured");
  });

  it("of several runs each fills in what those before it left out, and disk is never mixed with tmpfs", () => {
    const run = (names: readonly [string, number][], state = "tmpfs") =>
      resultSchema.parse({
        ...report,
        state,
        benchmarks: names.map(([name, rate]) => ({ ...report.benchmarks[0], name, subject: side("the shop", rate) })),
      });
    const { rates } = inputsOf(
      merged([
        run([["add-line", 1]]),
        run([
          ["add-line", 2],
          ["checkout", 3],
        ]),
      ]),
    );
    const rateOf = (wanted: string) => rates.find(({ name }) => name === wanted)?.rate;
    expect([rateOf("add-line"), rateOf("checkout"), rateOf("purchase")]).toEqual([1, 3, undefined]);
    expect(() => merged([run([]), run([], "disk")])).toThrow("cannot be compared");
  });

  it("docs/scale.md has the place that `npm run scale` writes to", () => {
    const text = readFileSync("docs/scale.md", "utf8");
    expect(text.indexOf("<!-- measured: npm run scale -->")).toBeGreaterThan(0);
    expect(text.indexOf("<!-- /measured -->")).toBeGreaterThan(text.indexOf("<!-- measured: npm run scale -->"));
  });
});

describe("yardsticks", () => {
  it("a purchase is ten calls that write, of which two are the first of their object", () => {
    expect(writesOf(PURCHASES.calls)).toBe(10);
    expect(writesOf(PURCHASES.commits)).toBeGreaterThan(writesOf(PURCHASES.calls));
  });

  it("a start-up is what the runtime worked, without what it waited", () => {
    const nodes = [
      { id: 1, callFrame: { functionName: "(idle)" } },
      { id: 2, callFrame: { functionName: "build" } },
    ];
    expect(startUpMs(JSON.stringify({ nodes, samples: [1, 2, 1, 2], timeDeltas: [50_000, 2_000, 1_000, 500] }))).toBe(
      2.5,
    );
  });
});
