import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { markdownOf } from "../../bench/results.ts";
import { type Report, reportOf } from "../../bench/report.ts";
import { startUpMs } from "../../bench/runtime/start-up-profile.ts";
import { inputsOf, resultSchema } from "../../bench/scale/inputs.ts";
import { tableOf } from "../../bench/scale/table.ts";
import { readSettings } from "../../bench/settings.ts";
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

const purchase: Report["benchmarks"][number] = {
  name: "purchase",
  title: "a purchase",
  secondsPerRound: 8,
  subject: side("the shop", 150),
  yardstick: side("bare", 200),
  ratio: { median: 0.75, low: 0.7, high: 0.8 },
  others: [],
};
const memory: Report["studies"][number] = {
  name: "memory",
  title: "memory",
  data: [{ perObject: 1 }, { perObject: 20_480 }],
  lines: ["a line"],
  warnings: [],
};

const reportFor = (benchmarks: Report["benchmarks"], commit = "abc+changes", loadBefore = 3): Report =>
  reportOf(
    {
      at: new Date("2026-11-25T12:00:00.000Z"),
      commit,
      machine: { cpu: "a CPU", cores: 2, memoryGiB: 8, system: "linux", loadBefore, versions: { workerd: "1.2" } },
      place: { folder: "x", kind: "tmpfs" },
      settings: readSettings([], []),
      rounds: 5,
    },
    benchmarks,
    [memory],
  );

/** As it is kept, and read again. */
const runOf = (name: string, report: Report) => ({
  name,
  result: resultSchema.parse(JSON.parse(JSON.stringify(report))),
});

describe("a kept report", () => {
  it("names machine, versions, date, commit and kind of state, and warns of what the run itself saw", () => {
    const text = markdownOf(reportFor([purchase]), "laptop");
    for (const part of ["a CPU", "workerd 1.2", "2026-11-25", "`abc+changes`", "tmpfs", "was not idle"]) {
      expect(text).toContain(part);
    }
    expect(text).toContain("| `purchase` | the shop | 150 (149 to 151) purchases |");
    expect(text).toContain("**75 % (70 % to 80 %)**");
  });

  it("fills the table of docs/scale.md, and what the run left out is not made up", () => {
    const text = tableOf(inputsOf([runOf("laptop", reportFor([purchase]))]));
    expect(text).toContain(
      "purchases, until paid, counted and in the read model | 150/s | 12,960,000 a day | 75 % | laptop |",
    );
    expect(text).toContain("one more cart that is awake | 20 KiB");
    expect(text).toContain("`hot-sku`: reservations at one Stock object | not measured");
  });

  it("of several runs each fills in what those before it left out, and disk is never mixed with tmpfs", () => {
    const named = (name: string, rate: number) => ({ ...purchase, name, subject: side("the shop", rate) });
    const [first, second] = [
      runOf("first", reportFor([named("add-line", 1)])),
      runOf("second", reportFor([named("add-line", 2), named("checkout", 3)])),
    ];
    const found = new Map(inputsOf([first, second]).rates.map((row) => [row.name, row.found]));
    expect(found.get("add-line")).toMatchObject({ run: "first", value: { rate: 1 } });
    expect(found.get("checkout")).toMatchObject({ run: "second", value: { rate: 3 } });
    expect(found.get("purchase")).toBeUndefined();
    const onDisk = { name: "disk", result: { ...second.result, state: "disk" } };
    expect(() => inputsOf([first, onDisk])).toThrow("cannot be compared");
  });

  it("each run keeps its own load, commit and warnings, and what it warns of is marked where it is quoted", () => {
    const wide = { ...purchase, ratio: { median: 0.5, low: 0.4, high: 0.6 } };
    const [quiet, busy] = [reportFor([{ ...purchase, name: "checkout" }], "abc", 0.1), reportFor([wide], "abc", 3)];
    expect(busy.warnings.map((text) => text.split(" ")[0])).toEqual(["purchase:", "The"]);
    const text = tableOf(inputsOf([runOf("quiet", quiet), runOf("busy", busy)]));
    expect(text).toContain("[quiet](../bench/results/quiet.md): 2 x a CPU, state on tmpfs, load 0.10 before");
    expect(text).toContain("[busy](../bench/results/busy.md): 2 x a CPU, state on tmpfs, load 3.00 before");
    for (const warning of busy.warnings) expect(text).toContain(`  - ${warning}`);
    expect(text).toContain("| 50 %, **rounds differ too much** | busy |");
    expect(text).toContain("| 75 % | quiet |");
    expect(text).not.toContain("different commits");
  });

  it("runs of different commits are not passed off as one", () => {
    const runs = [runOf("old", reportFor([purchase], "abc")), runOf("new", reportFor([], "def"))];
    expect(tableOf(inputsOf(runs))).toContain("These runs are of different commits");
  });

  it("docs/scale.md says what the runs say that it names: `npm run scale` was not forgotten", () => {
    const [, block = ""] =
      /<!-- measured: npm run scale -->\n\n(.*)\n\n<!-- \/measured -->/s.exec(readFileSync("docs/scale.md", "utf8")) ??
      [];
    const names = [...block.matchAll(/^- \[([a-z0-9.-]+)\]/gm)].map(([, name = ""]) => name);
    const runs = names.map((name) => {
      const text = readFileSync(`bench/results/${name}.json`, "utf8");
      return { name, result: resultSchema.parse(JSON.parse(text)) };
    });
    expect(block).toBe(tableOf(inputsOf(runs)));
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
