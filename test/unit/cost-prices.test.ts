import { expect, test } from "vitest";
import { billOf, billPer, billPerThousand, sumOf } from "../../src/domain/cost/bill.ts";
import { objectGbS, PRICES } from "../../src/domain/cost/prices.ts";

/** Goal: a price that is quoted is the list price of what was used, and nothing that was used is left out of the sum. */
test("a million of each costs its list price", () => {
  const usage = { workerRequest: 1e6, workerCpuMs: 1e6, objectRequest: 1e6, rowWritten: 1e6, queueOperation: 1e6 };
  const { dollars, lines } = billPerThousand(usage, 1_000);
  expect(dollars).toBeCloseTo(0.3 + 0.02 + 0.15 + 1 + 0.4, 10);
  expect(lines.map(({ what }) => what)).toEqual([
    "rowWritten",
    "queueOperation",
    "workerRequest",
    "objectRequest",
    "workerCpuMs",
  ]);
});

test("usage is scaled to a thousand events, whatever was sent", () => {
  const { lines, dollars } = billPerThousand({ queueOperation: 3_000 }, 100_000);
  expect(lines).toEqual([{ what: "queueOperation", used: 30, dollars: expect.closeTo(0.000012, 12) }]);
  expect(dollars).toBeCloseTo(30 * 0.4e-6, 12);
});

/** By hand: 12 x 0.30 + 40 x 0.02 + 20 x 0.15 + 3 x 12.50 + 45 x 1 + 200 x 0.001 + 21 x 0.40 + 30 x 0.001 + 3 x 1 + 4 x 0.25 + 50 x 0.60, in millionths. */
test("the bill of one order of a thousand, computed by hand, is $0.00013253", () => {
  const each = {
    workerRequest: 12,
    workerCpuMs: 40,
    objectRequest: 20,
    objectGbS: 3,
    rowWritten: 45,
    rowRead: 200,
    queueOperation: 21,
    d1RowRead: 30,
    d1RowWritten: 3,
    dataPoint: 4,
    logEvent: 50,
  };
  const usage = Object.fromEntries(Object.entries(each).map(([what, used]) => [what, used * 1_000]));
  const { dollars, lines } = billPer(usage, 1_000);
  expect(dollars).toBeCloseTo(132.53e-6, 12);
  expect(lines).toHaveLength(Object.keys(PRICES).length);
  expect(lines[0]).toEqual({ what: "rowWritten", used: 45, dollars: expect.closeTo(45e-6, 12) });
});

test("bills add up: that of a sum is the sum of the bills", () => {
  const parts = [{ rowWritten: 10, logEvent: 3 }, { rowWritten: 5, dataPoint: 7 }, {}];
  const apart = parts.reduce((sum, part) => sum + billOf(part).dollars, 0);
  expect(sumOf(parts)).toEqual({ rowWritten: 15, dataPoint: 7, logEvent: 3 });
  expect(billOf(sumOf(parts)).dollars).toBeCloseTo(apart, 12);
});

test("an object that is awake for a month costs what Cloudflare's own example says: 128 MB of it", () => {
  const seconds = 30 * 24 * 3_600;
  expect(objectGbS(1, seconds)).toBeCloseTo(331_776, 3);
  expect((objectGbS(1, seconds) * PRICES.objectGbS.dollars) / PRICES.objectGbS.per).toBeCloseTo(4.1472, 4);
});

test("without events there is no price per event", () => {
  expect(() => billPerThousand({ rowWritten: 1 }, 0)).toThrow("needs pieces");
});
