import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { FLAG_COORDINATOR_STEPS } from "../../durable-objects/flag-coordinator/schema.ts";
import { TRIP_AT } from "../../src/domain/guard/cusum.ts";
import { runDueWork, tablesOf, workOf } from "../support/objects.ts";
import { atQuarter, command, keysOf, kinds, newCoordinator, report } from "../support/objects-flags.ts";

/**
 * Goal: the path is taken back in the call that crosses the limit, and stays back over evictions and crashes. Threats: a retry that counts as a trial, a
 * decision that waits for an alarm, a latch that a restart opens.
 */
afterEach(() => void vi.useRealTimers());

describe("a flag that nobody has started", () => {
  it("grants nothing and leaves nothing behind", async () => {
    const { object } = newCoordinator();
    expect(await object().lease()).toBeNull();
    expect(await object().fence()).toEqual({ epoch: 0, open: false });
    expect(await object().report(report(0, 5))).toBeNull();
    expect(await object().view()).toBeNull();
    expect(await tablesOf(object())).toEqual([]);
  });
});

describe("the guard", () => {
  it("takes the path back inside the very report that crosses the limit, and answers the new lease", async () => {
    const flag = await atQuarter();
    expect(await flag.object().report(report(1, 20))).toMatchObject({ state: "ramping" });
    expect(await flag.object().report(report(1, 0, keysOf(4)))).toMatchObject({ state: "ramping" });
    const lease = await flag.object().report(report(1, 0, ["op:last"]));
    expect(lease).toMatchObject({ state: "rolled_back", share: 0, epoch: 2 });
    expect(await flag.object().fence()).toEqual({ epoch: 2, open: false });
    const { decisions, chain } = await flag.object().decisions(1);
    expect(decisions[0]).toMatchObject({
      kind: "rolled_back",
      by: "guard",
      share: { from: 2_500, to: 0 },
      evidence: { rule: "run", run: 5, s: 495, limit: TRIP_AT, operations: 25, errors: 5 },
    });
    expect(decisions[0]?.evidence.samples.map(({ key }) => key)).toEqual(["op:last", ...keysOf(4).toReversed()]);
    expect(chain.intact).toBe(true);
  });

  it("leaves a path alone whose five failures come together with the 99,995 operations that went well", async () => {
    const flag = await atQuarter();
    const lease = await flag.object().report(report(1, 99_995, keysOf(5)));
    expect(lease).toMatchObject({ state: "ramping", share: 2_500, epoch: 1 });
    expect((await flag.object().view())?.flag).toMatchObject({
      guard: { s: 99, run: 1 },
      trials: { ok: 99_995, err: 5 },
    });
  });

  it("pitfall 21: one operation that is retried a thousand times is one trial, in one report or in many", async () => {
    const flag = await atQuarter();
    for (let i = 0; i < 10; i++)
      await flag.object().report(
        report(
          1,
          0,
          Array.from({ length: 100 }, () => "same"),
        ),
      );
    const view = await flag.object().view();
    expect(view?.flag).toMatchObject({ state: "ramping", guard: { s: 99, run: 1 }, trials: { ok: 0, err: 1 } });
    await evictDurableObject(flag.object());
    await flag.object().report(report(1, 0, ["same"]));
    expect((await flag.object().view())?.flag.trials).toEqual({ ok: 0, err: 1 });
  });

  it("runs while it waits for approval and while it is paused", async () => {
    for (const state of ["waiting", "paused"] as const) {
      const flag = await atQuarter();
      if (state === "paused") await command(flag, "pause");
      else {
        await runInDurableObject(flag.object(), (_own, { storage }) => {
          storage.sql.exec("UPDATE flag SET doc = json_set(doc, '$.enteredAt', 1)");
        });
        await evictDurableObject(flag.object());
        await runDueWork(flag.object());
      }
      expect(await flag.object().lease()).toMatchObject({ state, share: 2_500 });
      expect(await flag.object().report(report(1, 0, keysOf(5)))).toMatchObject({ state: "rolled_back", share: 0 });
    }
  });

  it("is latched over eviction and crash: reports, alarms and every command but rearm leave it where it is", async () => {
    const flag = await atQuarter();
    await flag.object().report(report(1, 0, keysOf(5)));
    await evictDurableObject(flag.object());
    await abortAllDurableObjects();
    await flag.object().report(report(2, 5_000));
    await runDueWork(flag.object());
    for (const type of ["start", "advance", "approve", "pause"] as const) {
      expect(await command(flag, type)).toMatchObject({ ok: false, reason: "not_legal", state: "rolled_back" });
    }
    expect(await command(flag, "rearm")).toMatchObject({
      ok: true,
      value: { flag: { state: "shadow", epoch: 3, guard: { s: 0 } } },
    });
    expect(await kinds(flag)).toEqual(expect.arrayContaining(["rolled_back", "rearmed"]));
  });

  it("a crash loses at most successes, so the statistic can only be warier afterwards", async () => {
    const flag = await atQuarter();
    await flag.object().report(report(1, 0, keysOf(3)));
    await flag.object().report(report(1, 250));
    const before = (await flag.object().view())?.flag.guard.s ?? 0;
    await abortAllDurableObjects();
    const after = (await flag.object().view())?.flag.guard.s ?? 0;
    expect(before).toBe(47);
    expect(after).toBeGreaterThanOrEqual(before);
    expect(after).toBeLessThanOrEqual(297);
  });

  it("kill is idempotent: again and again it is one decision", async () => {
    const flag = await atQuarter();
    const first = await command(flag, "kill");
    expect(await command(flag, "kill")).toEqual(first);
    expect((await kinds(flag)).filter((kind) => kind === "killed")).toHaveLength(1);
    expect(await flag.object().lease()).toMatchObject({ state: "killed", share: 0, epoch: 2 });
  });
});

describe("the ladder", () => {
  it("climbs on evidence and time, in the report that completes it or by the alarm, and never on silence", async () => {
    const flag = await atQuarter();
    await flag.object().report(report(1, 400));
    expect((await flag.object().view())?.obstacles).toMatchObject([{ kind: "dwell" }]);
    vi.setSystemTime(Date.now() + 121_000);
    await runDueWork(flag.object());
    expect(await flag.object().lease()).toMatchObject({ state: "ramping", share: 5_000, epoch: 1 });
    vi.setSystemTime(Date.now() + 121_000);
    await runDueWork(flag.object());
    expect(await flag.object().lease()).toMatchObject({ share: 5_000 });
    expect((await flag.object().view())?.obstacles).toEqual([{ kind: "operations", have: 0, need: 299 }]);
    await flag.object().report(report(1, 299));
    expect(await flag.object().lease()).toMatchObject({ state: "complete", share: 10_000 });
    expect(await kinds(flag)).toEqual(["started", "advanced", "advanced", "advanced", "promoted", "promoted"]);
  });

  it("asks for a person when the evidence stays thin, and the person's approval is written down with it", async () => {
    const flag = await atQuarter();
    await flag.object().report(report(1, 12));
    expect(await command(flag, "approve")).toMatchObject({ ok: false, reason: "not_legal", state: "ramping" });
    vi.setSystemTime(Date.now() + 1_801_000);
    await runDueWork(flag.object());
    expect(await flag.object().lease()).toMatchObject({ state: "waiting", share: 2_500 });
    expect(await command(flag, "approve")).toMatchObject({ ok: true, value: { flag: { state: "ramping", rung: 4 } } });
    const { decisions } = await flag.object().decisions(1);
    expect(decisions[0]).toMatchObject({ kind: "approved", by: "anna", reason: "test", evidence: { operations: 12 } });
  });

  it("in the shadow counts comparisons; without anything to compare it stays", async () => {
    const flag = newCoordinator();
    await command(flag, "start");
    vi.setSystemTime(Date.now() + 121_000);
    await runDueWork(flag.object());
    expect(await flag.object().lease()).toMatchObject({ state: "shadow", mirrored: true, share: 0 });
    await flag.object().report(report(1, 0, ["differs"], { parity: 472 }));
    expect(await flag.object().lease()).toMatchObject({ state: "ramping", mirrored: false, share: 100 });
  });
});

describe("who decides by what they saw", () => {
  it("two people who both looked at 5 % advance it by one rung, and the second is told where it stands", async () => {
    const flag = newCoordinator();
    for (const type of ["start", "advance", "advance"] as const) await command(flag, type);
    const seen = { epoch: 1, rung: 2 };
    const [first, second] = await Promise.all([command(flag, "advance", seen), command(flag, "advance", seen)]);
    expect(first).toMatchObject({ ok: true, value: { flag: { rung: 3 }, share: 2_500 } });
    expect(second).toEqual({ ok: false, reason: "moved", state: "ramping", epoch: 1, rung: 3 });
    expect(await kinds(flag)).toEqual(["started", "advanced", "advanced", "advanced"]);
  });

  it("an epoch of before a rearm is not this one, whatever the rung; and kill asks nothing of that", async () => {
    const flag = await atQuarter();
    for (const type of ["kill", "rearm", "advance", "advance", "advance"] as const) await command(flag, type);
    const before = { epoch: 1, rung: 3 };
    expect(await command(flag, "advance", before)).toMatchObject({ ok: false, reason: "moved", epoch: 3, rung: 3 });
    expect(await command(flag, "kill", before)).toMatchObject({ ok: true, value: { flag: { state: "killed" } } });
  });
});

describe("the schema", () => {
  it("has no timer and no row of work left for a flag that is stopped and observed", async () => {
    const flag = await atQuarter();
    await command(flag, "kill");
    vi.setSystemTime(Date.now() + 16_000);
    await runDueWork(flag.object());
    expect(await workOf(flag.object())).toEqual([]);
  });

  it("refuses a state that the domain does not know", async () => {
    const flag = await atQuarter();
    await runInDurableObject(flag.object(), (_own, { storage }) => {
      expect(() => storage.sql.exec("UPDATE flag SET state = 'half'")).toThrow(/CHECK/);
      expect(FLAG_COORDINATOR_STEPS).toHaveLength(1);
    });
  });
});
