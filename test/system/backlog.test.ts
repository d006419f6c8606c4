import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findPlace } from "../../bench/settings.ts";
import type { Shop } from "../../bench/runtime/shop.ts";
import { wrongsOf } from "../../scripts/drills/backlog/accounts.ts";
import { exercise, type Findings, startBacklogShop } from "../../scripts/drills/backlog/run.ts";
import { Stage } from "../../scripts/drills/stage.ts";

/**
 * Goal: charges that pile up behind the provider's limit are all made, once each, and the limit is kept. The threat is a limiter that
 * burns a message's retries, a burst of 429s that feeds itself, and a charge forgotten in the queue. Speed is for `npm run drill`.
 */
const ORDERS = 2_000;
/** Below what two busy cores can do, so that it is the limit that holds the charges back. */
const LIMIT = 50;
/** The limit is never exceeded by more than a twentieth; how near it is reached also depends on what else the machine does. */
const [DRAIN_MIN, DRAIN_MAX] = [0.7 * LIMIT, 1.05 * LIMIT];
/** Thousands of new objects, each with a file: on a disk their syncs would be most of what this test waits for. */
const PLACE = existsSync("/dev/shm") ? "tmpfs" : "default";
const TIMEOUT_MS = 5 * 60_000;

const stage = new Stage();
let shop: Shop;
let findings: Findings;
beforeAll(async () => {
  shop = await startBacklogShop(stage.open(findPlace(PLACE)), LIMIT);
  findings = await exercise(shop, { orders: ORDERS, limit: LIMIT, idleCheckouts: 20, progress: () => {} });
}, TIMEOUT_MS);
afterAll(() => stage.close());

it("a backlog is worked off with nothing lost, nothing charged twice, no dead letter, and balanced books", () => {
  const { accounts, finding } = findings;
  expect(wrongsOf(accounts), JSON.stringify(finding.verdict.checks.filter(({ wrong }) => wrong.length > 0))).toEqual(
    [],
  );
  expect(accounts.accepted).toBeGreaterThan(ORDERS);
  expect([accounts.orders, accounts.paid, accounts.charges]).toEqual([
    accounts.accepted,
    accounts.accepted,
    accounts.accepted,
  ]);
});

it("the charges really waited, and the provider had to refuse fewer than one call in a hundred", () => {
  expect(findings.waitingAtRelease).toBeGreaterThan(ORDERS / 2);
  const { refused, calls } = findings.provider;
  expect(refused).toBeLessThan((calls + refused) / 100);
});

it("the backlog drains at the limit: hardly above it, and not far below", () => {
  expect(findings.drainPerSecond).toBeLessThanOrEqual(DRAIN_MAX);
  expect(findings.drainPerSecond).toBeGreaterThanOrEqual(DRAIN_MIN);
});

it("new checkouts are accepted while charges wait, as fast as that goes on an idle shop, and are told how long it may take", () => {
  const { idle, draining } = findings.checkouts;
  // Ten come every second whatever happens, and one that is refused or lost ends the drill.
  expect(draining.count).toBeGreaterThan(5 * findings.drainedInS);
  // The median only: the tail is the machine's, and `npm run drill -- backlog` reports it.
  expect(draining.percentile(50)).toBeLessThan(Math.max(3 * idle.percentile(50), 250_000));
  expect(findings.promised.length).toBeGreaterThan(0);
  expect(Math.max(...findings.promised.map(({ toldS }) => toldS))).toBeGreaterThan(5);
});

it("webhooks are not starved by the charges that wait: none had to come twice, and they do not pile up", () => {
  expect(findings.webhooks.failed).toBe(0);
  expect(Math.max(...findings.samples.map(({ undelivered }) => undelivered))).toBeLessThan(ORDERS / 10);
});
