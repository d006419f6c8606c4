import { expect, test } from "vitest";
import { billPerThousand, objectGbS, PRICES } from "../../bench/prices.ts";

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

test("an object that is awake for a month costs what Cloudflare's own example says: 128 MB of it", () => {
  const seconds = 30 * 24 * 3_600;
  expect(objectGbS(1, seconds)).toBeCloseTo(331_776, 3);
  expect((objectGbS(1, seconds) * PRICES.objectGbS.dollars) / PRICES.objectGbS.per).toBeCloseTo(4.1472, 4);
});

test("without events there is no price per event", () => {
  expect(() => billPerThousand({ rowWritten: 1 }, 0)).toThrow("needs events");
});
