import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findPlace } from "../../bench/settings.ts";
import { play } from "../../scripts/chaos/run.ts";
import type { Scenario } from "../../scripts/chaos/scenario.ts";
import { RUNTIME_KILLED } from "../../scripts/chaos/scenarios/runtime.ts";
import { SHARDS_REFUSE } from "../../scripts/chaos/scenarios/shards.ts";
import { World } from "../../scripts/chaos/world.ts";
import { Stage } from "../../scripts/drills/stage.ts";

/**
 * Goal: what breaks is led around, comes back by itself, and leaves every book as it must be. Threats: an event that was acknowledged and is in no count
 * because its shard was away, one that is in two because its queue told it twice, an order that hangs because its message met a kill. The short
 * version of `npm run chaos`; CHAOS_SEED chooses another seed.
 */
const SEED = Number(process.env["CHAOS_SEED"] ?? 20_261_127);
/** New objects cost a file each; what a disk takes for them is not what is tested. */
const PLACE = existsSync("/dev/shm") ? "tmpfs" : "default";
const CALM_MS = 1_000;

const stage = new Stage();
let world: World;
beforeAll(async () => {
  world = await World.open(stage.open(findPlace(PLACE)), { seed: SEED, guarded: false, fresh: 40 });
});
afterAll(async () => {
  await stage.close();
  await world?.close();
});

const brief = (scenario: Scenario) => play(world, scenario, { seed: SEED, calmMs: CALM_MS, progress: () => {} });

it("two faults at once: shards that refuse are led around and taken back, while every second message comes twice", async () => {
  const outcome = await brief({
    ...SHARDS_REFUSE,
    name: "shards+duplicates",
    faultMs: 2_000,
    inject: async (injection) => {
      injection.world.queues.trouble = { repeats: 0.5 };
      await SHARDS_REFUSE.inject(injection);
    },
    heal: async (injection) => {
      injection.world.queues.trouble = {};
      await SHARDS_REFUSE.heal(injection);
    },
  });
  expect(outcome.wrong).toEqual([]);
  expect(outcome.detectMs).not.toBeNull();
  expect(outcome.events).toMatchObject({ lost: 0, doubled: 0 });
  expect(outcome.events.acknowledged).toBeGreaterThan(200);
  expect(outcome.accounts.accepted).toBeGreaterThan(0);
});

it("the runtime is killed under load: shoppers see errors, and afterwards nothing is lost, doubled or oversold", async () => {
  const outcome = await brief({ ...RUNTIME_KILLED, faultMs: 500 });
  expect(outcome.wrong).toEqual([]);
  expect(outcome.seen.fault.failed + outcome.seen.after.failed).toBeGreaterThan(0);
  expect(outcome).toMatchObject({ oversold: 0, events: { lost: 0, doubled: 0 } });
});
