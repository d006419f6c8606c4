import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Report } from "../../src/domain/guard/report.ts";
import { runDueWork } from "../support/objects.ts";
import { atQuarter, command, keysOf, kinds, newCoordinator, report } from "../support/objects-flags.ts";

/**
 * Goal: every decision can be proved afterwards, and a rollback is only called one when it was seen to work. Threats: a rollback that silently did nothing,
 * silence taken for success, a log that somebody has improved.
 */
afterEach(() => void vi.useRealTimers());

describe("what was observed", () => {
  const observed = async (strays: Partial<Report>[]): Promise<string | undefined> => {
    const flag = await atQuarter();
    await flag.object().report(report(1, 0, keysOf(5)));
    for (const stray of strays) await flag.object().report(report(1, 0, [], stray));
    vi.setSystemTime(Date.now() + 16_000);
    await runDueWork(flag.object());
    vi.useRealTimers();
    const { decisions } = await flag.object().decisions(1);
    expect(decisions[0]?.kind).toBe("effect_observed");
    return decisions[0]?.evidence.effect?.verdict ?? undefined;
  };

  it("is written down: effective when the safe path is seen to be used, ineffective when the new one still is", async () => {
    expect(await observed([{ epoch: 2, safe: 7, lastAt: null }])).toBe("effective");
    expect(
      await observed([
        { ok: 2, lastAt: Date.now() + 3_000 },
        { epoch: 2, safe: 1, lastAt: null },
      ]),
    ).toBe("effective");
    expect(
      await observed([
        { ok: 1, lastAt: Date.now() + 14_000 },
        { epoch: 2, safe: 9, lastAt: null },
      ]),
    ).toBe("ineffective");
  });

  it("pitfall 21: without any traffic nothing is claimed", async () => {
    expect(await observed([])).toBe("unproven");
  });

  it("pitfall 21: a way that is used again long after it was found closed is reported", async () => {
    const flag = await atQuarter();
    await flag.object().report(report(1, 0, keysOf(5)));
    await flag.object().report(report(2, 0, [], { safe: 3 }));
    vi.setSystemTime(Date.now() + 16_000);
    await runDueWork(flag.object());
    await flag.object().report(report(1, 1, [], { lastAt: Date.now() + 60_000 }));
    expect((await kinds(flag)).slice(-2)).toEqual(["effect_observed", "effect_observed"]);
    expect((await flag.object().view())?.flag.effect).toMatchObject({ verdict: "ineffective" });
  });
});

describe("the decision log", () => {
  it("shows when an entry was changed, taken out, or put in", async () => {
    const tamperings = [
      "UPDATE decisions SET entry = json_set(entry, '$.reason', 'another') WHERE seq = 2",
      "DELETE FROM decisions WHERE seq = 2",
      "UPDATE decisions SET seq = seq + 1 WHERE seq = 4",
    ];
    for (const tampering of tamperings) {
      const flag = await atQuarter();
      expect((await flag.object().decisions(10)).chain).toEqual({ intact: true, firstBroken: null });
      await runInDurableObject(flag.object(), (_own, { storage }) => void storage.sql.exec(tampering));
      vi.setSystemTime(Date.now() + 60_000);
      expect((await flag.object().decisions(10)).chain.intact, tampering).toBe(false);
      vi.useRealTimers();
    }
  });

  it("a rehearsal is a decision, only possible where there is something to fail, and over with the rollback", async () => {
    const flag = newCoordinator();
    const rehearse = () => flag.object().rehearse({ key: flag.key, fault: "throw", by: "anna", reason: "game day" });
    expect(await rehearse()).toMatchObject({ ok: false, reason: "not_legal" });
    for (const type of ["start", "advance"] as const) await command(flag, type);
    expect(await rehearse()).toMatchObject({ ok: true });
    expect(await flag.object().lease()).toMatchObject({ fault: "throw" });
    await flag.object().report(report(1, 0, keysOf(5)));
    expect(await flag.object().lease()).toMatchObject({ fault: null, state: "rolled_back" });
  });
});

it("holds its invariants under random commands, reports, alarms, evictions and crashes", async () => {
  const step = fc.oneof(
    fc
      .constantFrom("start", "advance", "approve", "pause", "kill", "rearm")
      .map((type) => ({ kind: "command" as const, type })),
    fc.record({ kind: fc.constant("report" as const), ok: fc.nat(400), err: fc.nat(2), old: fc.boolean() }),
    fc.constantFrom("evict", "abort", "alarm").map((type) => ({ kind: "platform" as const, type })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const flag = newCoordinator();
      let [epoch, share, operation] = [0, 0, 0];
      for (const one of steps) {
        if (one.kind === "command") await command(flag, one.type);
        else if (one.kind === "report") {
          const keys = Array.from({ length: one.err }, () => `k${(operation += 1)}`);
          await flag.object().report(report(one.old ? epoch - 1 : epoch, one.ok, keys, { parity: one.ok }));
        } else if (one.type === "evict") {
          // What does not run cannot be evicted.
          await flag.object().lease();
          await evictDurableObject(flag.object());
        } else if (one.type === "abort") await abortAllDurableObjects();
        else if (epoch > 0) await runDueWork(flag.object());
        const lease = await flag.object().lease();
        if (!lease) continue;
        expect(lease.epoch).toBeGreaterThanOrEqual(epoch);
        if (lease.share < share) expect(lease.epoch).toBeGreaterThan(epoch);
        if (["rolled_back", "killed", "off", "shadow"].includes(lease.state)) expect(lease.share).toBe(0);
        expect(await flag.object().fence()).toEqual({ epoch: lease.epoch, open: lease.share > 0 });
        [epoch, share] = [lease.epoch, lease.share];
      }
      expect((await flag.object().decisions(100)).chain.intact).toBe(true);
    }),
    { numRuns: 25 },
  );
});
