import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findPlace } from "../../bench/settings.ts";
import { wrongsOf } from "../../scripts/drills/chaos/accounts.ts";
import { exercise, type Findings, startChaosShop } from "../../scripts/drills/chaos/run.ts";
import { Stage } from "../../scripts/drills/stage.ts";

/**
 * Goal: whatever breaks, and whenever, every accepted order ends as its money did. The threats are a step that is only half stored when its object
 * dies, a message that is gone with its queue, an answer that never came and is charged again, and a unit that is sold twice because its hold
 * was forgotten. What happens when comes from the seed (CHAOS_SEED to choose another); what it meets is up to the machine.
 */
const SEED = Number(process.env["CHAOS_SEED"] ?? 20_261_127);
const ORDERS = 500;
/** Hundreds of new objects, each with a file: on a disk their syncs would be most of what this test waits for. */
const PLACE = existsSync("/dev/shm") ? "tmpfs" : "default";
const TIMEOUT_MS = 6 * 60_000;

const stage = new Stage();
let findings: Findings;
beforeAll(async () => {
  const shop = await startChaosShop(stage.open(findPlace(PLACE)));
  findings = await exercise(shop, { orders: ORDERS, seed: SEED, progress: () => {} });
}, TIMEOUT_MS);
afterAll(() => stage.close());

it(`objects are aborted and the runtime is killed through ${ORDERS} orders with a failing provider: 0 lost, 0 doubled, balanced (seed ${SEED})`, () => {
  const { accounts, finding } = findings;
  const wrongChecks = finding.verdict.checks.filter(({ wrong }) => wrong.length > 0);
  const evidence = JSON.stringify({ seed: SEED, lost: accounts.lost, moving: finding.moving, wrongChecks });
  expect(wrongsOf(accounts), evidence).toEqual([]);
  expect(accounts.accepted + findings.soldOut).toBe(ORDERS);
});

it("everything that was to break did break, while there was something to lose", () => {
  const { strikes, faults, repeats, soldOut, accounts } = findings;
  expect(strikes.abort).toBeGreaterThanOrEqual(10);
  expect(strikes.kill).toBeGreaterThanOrEqual(3);
  // Of hundreds of charges a fifth and a tenth; fewer than a quarter of that and the faults were not on.
  expect(faults[0]).toBeGreaterThan(ORDERS * 0.05);
  expect(faults[1]).toBeGreaterThan(ORDERS * 0.025);
  expect(repeats).toBeGreaterThan(0);
  expect(soldOut).toBeGreaterThan(0);
  expect(accounts.charges).toBeGreaterThan(ORDERS / 2);
});
