import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FLASH_PRODUCT, flashDemand, mostAtOnce, planOf, type PlanOptions } from "../../scripts/black-friday/plan.ts";
import { clockAt, DAY_HOURS, FLASH_SALE, phaseAt, PHASES, Shape, weightAt } from "../../scripts/black-friday/shape.ts";
import { TimerWheel } from "../../scripts/black-friday/wheel.ts";

/**
 * Goal: the day that is played has the shape that the README draws, exactly so many orders and so many shoppers, and the same seed plays it again. The
 * threat is a generator that quietly plays an easier day than it says.
 */
const shape = new Shape();

describe("shape", () => {
  it("all checkouts fall into the day, and never fewer by a later hour", () => {
    expect(shape.partBefore(0)).toBe(0);
    expect(shape.partBefore(DAY_HOURS)).toBe(1);
    const hours = Array.from({ length: 97 }, (_, quarter) => shape.partBefore(quarter / 4));
    expect(hours.toSorted((a, b) => a - b)).toEqual(hours);
  });

  it("the part that is due before an hour is the area under the curve", () => {
    const STEPS = 20_000;
    let [area, whole] = [0, 0];
    for (let step = 0; step < STEPS; step++) {
      const hour = ((step + 0.5) / STEPS) * DAY_HOURS;
      whole += weightAt(hour);
      if (hour < 13) area += weightAt(hour);
    }
    expect(shape.partBefore(13)).toBeCloseTo(area / whole, 3);
  });

  it("an hour and its part are each other's inverse, wherever in the day", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: DAY_HOURS - 0.01, noNaN: true }), (hour) => {
        expect(shape.hourOf(shape.partBefore(hour))).toBeCloseTo(hour, 6);
      }),
    );
  });

  it("midnight is a wall, the flash sale is another, and nothing is higher than the first", () => {
    expect(weightAt(2) / weightAt(1.99)).toBeGreaterThan(8);
    expect(weightAt(18) / weightAt(17.99)).toBeGreaterThan(3);
    const most = Math.max(...Array.from({ length: 2_400 }, (_, step) => weightAt(step / 100)));
    expect(weightAt(2)).toBe(most);
    expect([clockAt(0), clockAt(2), clockAt(18), clockAt(23.99)]).toEqual([
      "Thu 22:00",
      "Fri 00:00",
      "Fri 16:00",
      "Fri 21:59",
    ]);
    expect(PHASES.map(({ from }) => phaseAt(from).name)).toEqual(PHASES.map(({ name }) => name));
  });
});

const OPTIONS: PlanOptions = {
  seed: 7,
  orders: 400,
  shoppers: 1_500,
  visits: 2_000,
  dayMs: 60_000,
  products: 40,
  hasMishaps: true,
};

describe("plan", () => {
  const visits = planOf(OPTIONS);

  it("the same seed plays the same day, another seed another one", () => {
    expect(planOf(OPTIONS)).toEqual(visits);
    expect(planOf({ ...OPTIONS, seed: 8 })).not.toEqual(visits);
  });

  it("exactly so many check out, and as many shoppers are inside at once as were asked for", () => {
    expect(visits).toHaveLength(OPTIONS.visits);
    expect(visits.filter(({ intent }) => intent === "buy")).toHaveLength(OPTIONS.orders);
    const begins = Float64Array.from(visits, ({ beginsAt }) => beginsAt).sort();
    const ends = Float64Array.from(visits, ({ decidesAt }) => decidesAt).sort();
    expect(Math.abs(mostAtOnce(begins, ends) - OPTIONS.shoppers)).toBeLessThanOrEqual(OPTIONS.shoppers / 100);
  });

  it("everybody comes within the day, looks before deciding, and wants only what was looked at", () => {
    for (const { beginsAt, decidesAt, looks, wanted, intent } of visits) {
      const times = [beginsAt, ...looks.map(({ at }) => at), decidesAt];
      expect(times.toSorted((a, b) => a - b)).toEqual(times);
      expect(beginsAt).toBeGreaterThanOrEqual(0);
      expect(decidesAt).toBeLessThanOrEqual(OPTIONS.dayMs);
      expect(wanted.every((index) => looks[index] !== undefined)).toBe(true);
      expect(wanted.length > 0).toBe(intent !== "browse");
    }
  });

  it("checkouts follow the curve: each phase has its part of them, give or take what chance gives and takes", () => {
    const many = planOf({ ...OPTIONS, orders: 20_000, visits: 20_000, shoppers: 1 });
    for (const [index, { name, from }] of PHASES.entries()) {
      const expected = (shape.partBefore(PHASES[index + 1]?.from ?? DAY_HOURS) - shape.partBefore(from)) * 20_000;
      const hourOf = (at: number): number => (at / OPTIONS.dayMs) * DAY_HOURS;
      const found = many.filter(({ decidesAt }) => phaseAt(hourOf(decidesAt)).name === name).length;
      expect(Math.abs(found - expected), name).toBeLessThan(5 * Math.sqrt(expected));
    }
  });

  it("the flash sale's product is wanted while it is on sale and at no other time, by as many as the stock is measured by", () => {
    const many = planOf({ ...OPTIONS, orders: 20_000, visits: 20_000, shoppers: 1 });
    const wanting = many.filter(({ looks }) => looks.some(({ product }) => product === FLASH_PRODUCT));
    const phases = wanting.map(({ decidesAt }) => phaseAt((decidesAt / OPTIONS.dayMs) * DAY_HOURS).name);
    expect(new Set(phases)).toEqual(new Set([FLASH_SALE]));
    expect(Math.abs(wanting.length - flashDemand(20_000))).toBeLessThan(5 * Math.sqrt(flashDemand(20_000)));
  });

  it("without faults nothing happens to anybody on the way", () => {
    const calm = planOf({ ...OPTIONS, hasMishaps: false });
    expect(new Set(calm.map(({ mishap }) => mishap))).toEqual(new Set(["none"]));
    expect(new Set(visits.map(({ mishap }) => mishap)).size).toBe(3);
  });
});

describe("the timer wheel", () => {
  it("nobody is woken early, twice or never, and a turn that was missed is made up for in order", () => {
    const wheel = new TimerWheel<number>();
    for (const at of [40, 12, 12.5, 3, 1_000, 999]) wheel.add(at, at);
    expect(wheel.due(5)).toEqual([3]);
    expect(wheel.due(5)).toEqual([]);
    wheel.add(2, 2);
    expect(wheel.due(60)).toEqual([2, 12, 12.5, 40]);
    expect(wheel.due(2_000)).toEqual([999, 1_000]);
    expect(wheel.size).toBe(0);
  });

  it("everybody may be due at once, however many they are", () => {
    const wheel = new TimerWheel<number>();
    const shoppers = 200_000;
    for (let item = 0; item < shoppers; item++) wheel.add(1, item);
    expect(wheel.due(10)).toHaveLength(shoppers);
  });
});
