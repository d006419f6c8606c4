import { expect, it } from "vitest";
import { inLanes } from "../../src/platform/lanes.ts";

/** Goal: much is done side by side, and bounded. Threat: what is still under way after a failure lands in the middle of whatever its caller does next. */
const turnOfEvents = () => new Promise((resolve) => setTimeout(resolve));

it("does everything once, and never more at a time than there are lanes", async () => {
  const done: number[] = [];
  let [under, most] = [0, 0];
  await inLanes(
    Array.from({ length: 20 }, (_, i) => i),
    6,
    async (item) => {
      most = Math.max(most, (under += 1));
      for (let i = 0; i <= item % 3; i++) await turnOfEvents();
      under -= 1;
      done.push(item);
    },
  );
  expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(most).toBe(6);
  await inLanes([], 6, never);
});

it("after a failure begins nothing more, waits for what is under way, and throws", async () => {
  const [begun, ended]: [number[], number[]] = [[], []];
  const work = async (item: number): Promise<void> => {
    begun.push(item);
    if (item === 1) throw new Error("gone");
    for (let i = 0; i < 5; i++) await turnOfEvents();
    ended.push(item);
  };
  await expect(inLanes([0, 1, 2, 3, 4, 5], 3, work)).rejects.toThrow("gone");
  expect(begun).toEqual([0, 1, 2]);
  expect(ended).toEqual([0, 2]);
});

const never = () => new Promise<never>(() => {});
