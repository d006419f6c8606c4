/**
 * Goal: the coordinator decides in the call that brings the evidence, remembers what it decided over any crash, and sleeps when the shop does. Threats: a
 * breaker that a restart closes; a stage that is idle and taken for dead, or dead and taken for idle; an object that is never let go (pitfall 25).
 */
import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, it, vi } from "vitest";
import { LaneTally } from "../../src/domain/pipeline/report.ts";
import type { Lane } from "../../src/domain/pipeline/stages.ts";
import { env, tablesOf, workOf } from "../support/objects.ts";

const newCoordinator = () => env.PIPELINE_COORDINATOR.getByName(crypto.randomUUID());

function reportOf(lane: Lane, ok: number, errors: number) {
  const tally = new LaneTally();
  for (let n = 0; n < ok; n++) tally.done(12);
  for (let n = 0; n < errors; n++) tally.failed(40, new Error("D1_ERROR: no such table: products"));
  return { from: "test", lanes: [tally.report(lane)] };
}

it("answers the report that crosses the limit with the new route, and writes down why", async () => {
  const coordinator = newCoordinator();
  expect(await coordinator.report(reportOf("enrich", 20, 4))).toEqual({ epoch: 0, lanes: [] });
  expect(await coordinator.report(reportOf("enrich", 0, 1))).toEqual({
    epoch: 1,
    lanes: [{ lane: "enrich", route: "bypass", breaker: "open", probes: 0 }],
  });
  const [decision] = await coordinator.decisions(10);
  expect(decision).toMatchObject({ seq: 1, kind: "opened", lane: "enrich", route: { from: "primary", to: "bypass" } });
  expect(decision?.evidence).toMatchObject({ rule: "run", error: "Error: D1_ERROR: no such table: products" });
  const enrich = (await coordinator.view()).stages.find(({ stage }) => stage === "enrich");
  expect(enrich).toMatchObject({ health: "failed", indicators: { ok: 20, errors: 5, errorShare: 0.2 } });
  expect(enrich?.indicators.latencyMs?.p50).toBeGreaterThanOrEqual(12);
});

it("a crash and an eviction leave every route as it was decided, and the log complete", async () => {
  const name = crypto.randomUUID();
  const coordinator = () => env.PIPELINE_COORDINATOR.getByName(name);
  await coordinator().report(reportOf("aggregate/shard-3", 0, 5));
  await abortAllDurableObjects();
  expect((await coordinator().routes()).lanes).toMatchObject([{ lane: "aggregate/shard-3", route: "fallback" }]);
  await evictDurableObject(coordinator());
  expect((await coordinator().routes()).epoch).toBe(1);
  expect(await coordinator().decisions(10)).toHaveLength(1);
});

it("its log is only added to", async () => {
  const coordinator = newCoordinator();
  await coordinator.report(reportOf("enrich", 0, 5));
  await runInDurableObject(coordinator, (_, { storage }) => {
    expect(() => storage.sql.exec("UPDATE decisions SET entry = '{}'")).toThrow("not changed");
    expect(() => storage.sql.exec("DELETE FROM decisions")).toThrow("not deleted");
  });
});

it("pitfall 25: looks once more after the last report and then sleeps; who only asks leaves nothing behind", async () => {
  const coordinator = newCoordinator();
  await coordinator.routes();
  await coordinator.view();
  expect(await tablesOf(coordinator)).toEqual([]);
  await coordinator.report(reportOf("orders", 3, 0));
  expect(await workOf(coordinator)).toEqual(["watch"]);
  const start = Date.now();
  vi.setSystemTime(start + 16_000);
  await runDurableObjectAlarm(coordinator);
  const left = await workOf(coordinator);
  vi.useRealTimers();
  expect(left).toEqual([]);
  // Nothing came for a long time and nothing waits: that is idle.
  const orders = (await coordinator.view()).stages.find(({ stage }) => stage === "orders");
  expect(["running", "completed"]).toContain(orders?.health);
});
