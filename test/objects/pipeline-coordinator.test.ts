/**
 * Goal: the coordinator decides in the call that brings the evidence, remembers what it decided over any crash, and sleeps when the shop does. Threats: a
 * breaker that a restart closes; a stage that is idle and taken for dead, or dead and taken for idle; an object that is never let go (pitfall 25).
 */
import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { migrate } from "../../durable-objects/migrate.ts";
import { PIPELINE_COORDINATOR_STEPS } from "../../durable-objects/pipeline-coordinator/schema.ts";
import { LaneTally } from "../../src/domain/pipeline/report.ts";
import type { Lane } from "../../src/domain/pipeline/stages.ts";
import { env, tablesOf, workOf } from "../support/objects.ts";

afterEach(() => void vi.useRealTimers());

const newCoordinator = () => env.PIPELINE_COORDINATOR.getByName(crypto.randomUUID());

function reportOf(lane: Lane, ok: number, errors: number) {
  const tally = new LaneTally();
  for (let n = 0; n < ok; n++) tally.done(12);
  for (let n = 0; n < errors; n++) tally.failed(40, new Error("D1_ERROR: no such table: products"));
  return { from: "test", lanes: [tally.report(lane)] };
}

it("answers the report that crosses the limit with the new route, and writes down why", async () => {
  const coordinator = newCoordinator();
  expect(await coordinator.report(reportOf("enrich", 20, 1))).toEqual({ epoch: 0, lanes: [] });
  expect(await coordinator.report(reportOf("enrich", 0, 4))).toEqual({
    epoch: 1,
    lanes: [{ lane: "enrich", route: "bypass", breaker: "open", probes: 0 }],
  });
  const [decision] = (await coordinator.decisions(10)).decisions;
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
  const { decisions, chain } = await coordinator().decisions(10);
  expect([decisions.length, chain]).toEqual([1, { intact: true, firstBroken: null }]);
});

it("its log is only added to", async () => {
  const coordinator = newCoordinator();
  await coordinator.report(reportOf("enrich", 0, 5));
  await runInDurableObject(coordinator, (_, { storage }) => {
    expect(() => storage.sql.exec("UPDATE decisions SET entry = '{}'")).toThrow("not changed");
    expect(() => storage.sql.exec("DELETE FROM decisions")).toThrow("not deleted");
  });
});

describe("its log is a chain", () => {
  const dropTriggers = "DROP TRIGGER decisions_stay; DROP TRIGGER decisions_are_kept;";
  const filled = async () => {
    const coordinator = newCoordinator();
    for (const lane of ["enrich", "ingest", "orders", "payments"] as const)
      await coordinator.report(reportOf(lane, 0, 5));
    expect((await coordinator.decisions(10)).chain).toEqual({ intact: true, firstBroken: null });
    return coordinator;
  };
  const exec = (coordinator: ReturnType<typeof newCoordinator>, ...statements: readonly string[]) =>
    runInDurableObject(coordinator, (_, { storage }) => {
      for (const statement of statements) storage.sql.exec(statement);
    });

  it("which shows what was changed, taken out or put in by somebody who has the database", async () => {
    const tamperings = [
      "UPDATE decisions SET entry = json_set(entry, '$.kind', 'closed') WHERE seq = 2",
      "UPDATE decisions SET hash = NULL, entry = json_set(entry, '$.kind', 'closed') WHERE seq = 2",
      "DELETE FROM decisions WHERE seq = 2",
      "INSERT INTO decisions (seq, at, entry) VALUES (-4, 1, '{}')",
    ];
    for (const tampering of tamperings) {
      const coordinator = await filled();
      await exec(coordinator, dropTriggers, tampering);
      vi.setSystemTime(Date.now() + 60_000);
      expect((await coordinator.decisions(10)).chain.intact, tampering).toBe(false);
    }
  });

  it("which also covers what was written before it was one, and by an older Worker beside it", async () => {
    const coordinator = newCoordinator();
    const entry = (kind: string) => JSON.stringify({ at: 1, kind, lane: "enrich", route: {}, epoch: 1, evidence: {} });
    const write = (kind: string) => `INSERT INTO decisions (at, entry) VALUES (1, '${entry(kind)}')`;
    await coordinator.report(reportOf("enrich", 1, 0));
    await exec(coordinator, write("opened"), write("closed"));
    await coordinator.report(reportOf("ingest", 0, 5));
    await exec(coordinator, write("stale"));
    await coordinator.report(reportOf("orders", 0, 5));
    const { decisions, chain } = await coordinator.decisions(10);
    expect(chain).toEqual({ intact: true, firstBroken: null });
    expect(decisions.map(({ seq, kind, hash }) => [seq, kind, hash.length])).toEqual([
      [5, "opened", 64],
      [4, "stale", 0],
      [3, "opened", 64],
      [2, "closed", 0],
      [1, "opened", 0],
    ]);
    await exec(coordinator, dropTriggers, "UPDATE decisions SET entry = json_set(entry, '$.kind', 'x') WHERE seq = 1");
    vi.setSystemTime(Date.now() + 60_000);
    expect((await coordinator.decisions(1)).chain).toEqual({ intact: false, firstBroken: 3 });
  });

  it("and stays one when its table was made by the first step of the schema", async () => {
    const coordinator = newCoordinator();
    await runInDurableObject(coordinator, (_, { storage }) => {
      migrate(storage, PIPELINE_COORDINATOR_STEPS.slice(0, 1));
      storage.sql.exec("INSERT INTO decisions (at, entry) VALUES (1, '{}')");
    });
    await evictDurableObject(coordinator);
    await coordinator.report(reportOf("enrich", 0, 5));
    const { decisions, chain } = await coordinator.decisions(10);
    expect([decisions.length, chain.intact]).toEqual([2, true]);
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
