/**
 * Goal: an isolate tells what it used rarely, learns the settings by it, and does what was deployed when the book is silent. Threats: a count that is told
 * twice; a setting that outlives its lease; a book that is away and fails somebody's request.
 */
import { describe, expect, it, vi } from "vitest";
import type { Counts } from "../../src/domain/cost/counts.ts";
import { SETTINGS_LEASE_MS, type SettingsLease, USUAL } from "../../src/domain/cost/settings.ts";
import { CostLink } from "../../src/platform/cost-link.ts";
import { LiveSettings } from "../../src/platform/live-settings.ts";

const SHORTER: SettingsLease = { epoch: 1, settings: { ...USUAL, catalog_item_s: 2 } };

function newWorld(report: (counts: Counts) => Promise<SettingsLease>, patienceMs = 0) {
  let now = 1_000_000;
  const settings = new LiveSettings();
  let used = 0;
  const take = (): Counts => {
    const counts = { "done.order": used };
    used = 0;
    return counts;
  };
  const link = new CostLink({ now: () => now, take, settings, patienceMs });
  const env = { COST_BOOK: { getByName: () => ({ report }) } };
  return {
    link,
    setting: () => settings.get("catalog_item_s", now),
    use: () => used++,
    tell: () => link.tell(env),
    pass: (ms: number) => (now += ms),
  };
}

describe("a link to the cost book", () => {
  it("tells at once, to learn the settings, then ever less often, and each count once", async () => {
    const told: Counts[] = [];
    const world = newWorld(async (counts) => {
      told.push(counts);
      return SHORTER;
    });
    const times: number[] = [];
    for (let second = 0; second < 200; second++) {
      world.use();
      if (world.link.isDue) {
        times.push(second);
        await world.tell();
      }
      world.pass(1_000);
    }
    expect(times).toEqual([0, 5, 15, 35, 75, 135, 195]);
    expect(told.reduce((sum, counts) => sum + (counts["done.order"] ?? 0), 0)).toBe(196);
    expect(world.setting()).toBe(2);
  });

  it("who has nothing to learn waits", () => {
    const world = newWorld(() => Promise.resolve(SHORTER), 5_000);
    expect(world.link.isDue).toBe(false);
    world.pass(5_000);
    expect(world.link.isDue).toBe(true);
  });

  it("a setting is given up for what was deployed once its lease is over", async () => {
    const world = newWorld(() => Promise.resolve(SHORTER));
    await world.tell();
    world.pass(SETTINGS_LEASE_MS - 1);
    expect(world.setting()).toBe(2);
    world.pass(1);
    expect(world.setting()).toBe(USUAL.catalog_item_s);
  });

  it("a clock that is put back by an hour holds neither a setting nor the next report for an hour", async () => {
    const leases = [SHORTER, { epoch: 2, settings: USUAL }];
    const world = newWorld(async () => leases.shift() ?? { epoch: 3, settings: USUAL });
    world.pass(3_600_000);
    await world.tell();
    world.pass(-3_600_000);
    expect(world.setting()).toBe(USUAL.catalog_item_s);
    expect(world.link.isDue).toBe(true);
    await world.tell();
    expect(world.setting()).toBe(USUAL.catalog_item_s);
    expect(world.link.isDue).toBe(false);
  });

  it("a book that fails costs its isolate those counts, and nobody anything else", async () => {
    vi.spyOn(console, "log").mockImplementation(() => undefined);
    const told: Counts[] = [];
    let isAway = true;
    const world = newWorld(async (counts) => {
      if (isAway) throw new Error("away");
      told.push(counts);
      return SHORTER;
    });
    world.use();
    await world.tell();
    isAway = false;
    world.use();
    await world.tell();
    expect(told).toEqual([{ "done.order": 1 }]);
  });
});
