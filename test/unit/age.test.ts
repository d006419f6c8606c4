import { expect, it } from "vitest";
import { ageMs } from "../../src/domain/age.ts";

/** Goal: nothing is young because the clock was put back. Threat: two requests of one isolate whose clocks differ a little forget what they know. */
it("is the difference, nothing for what another request has just written, and for ever for what comes from the future", () => {
  expect([ageMs(1_000, 5_000), ageMs(5_000, 5_000), ageMs(5_000, 4_990)]).toEqual([4_000, 0, 0]);
  expect(ageMs(3_600_000, 0)).toBe(Infinity);
  expect(ageMs(-Infinity, 0)).toBe(Infinity);
});
