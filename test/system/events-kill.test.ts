import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findPlace } from "../../bench/settings.ts";
import { wrongsOf } from "../../scripts/drills/events/comparison.ts";
import { exerciseKills, type KillFindings } from "../../scripts/drills/events/kills.ts";
import { startEventsShop } from "../../scripts/drills/events/run.ts";
import { Stage } from "../../scripts/drills/stage.ts";

/**
 * Goal: what was acknowledged is applied, once, however often the runtime dies (pitfalls 16 and 20). The threat is a mark "seen" that is durable
 * before its effect, an answer before the queue has the message, and a delta that is pushed to the products twice. `npm run drill -- kill` is the long version.
 */
const KILLS = 5;
const SEED = 20;
/** Recovery is what is tested, and not the disk. */
const PLACE = existsSync("/dev/shm") ? "tmpfs" : "default";
const TIMEOUT_MS = 5 * 60_000;

const stage = new Stage();
let findings: KillFindings;
let world: Awaited<ReturnType<typeof startEventsShop>> | undefined;
beforeAll(async () => {
  world = await startEventsShop(stage.open(findPlace(PLACE)), SEED);
  findings = await exerciseKills(world, { kills: KILLS, seed: SEED, progress: () => {} });
}, TIMEOUT_MS);
afterAll(async () => {
  await stage.close();
  await world?.queues.close();
});

it("no acknowledged event is lost and none is counted twice when the runtime is killed five times during ingest", () => {
  expect(wrongsOf(findings.lines)).toEqual([]);
  expect(findings.acknowledged).toBe(findings.plan.books.received);
});

it("the kills met a runtime at work: messages were under way and requests had no answer", () => {
  expect(findings.kills).toHaveLength(KILLS);
  expect(findings.kills.some(({ waiting }) => waiting > 0)).toBe(true);
  expect(findings.repeated).toBeGreaterThan(0);
  expect(findings.redelivered).toBeGreaterThan(0);
});

it("a message all of whose deliveries met a kill is not gone: it can be replayed", () => {
  expect(findings.replayed).toBe(findings.deadLetters);
});
