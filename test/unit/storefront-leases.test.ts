import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CALM, tripped, watch } from "../../src/domain/guard/cusum.ts";
import type { Lease } from "../../src/domain/guard/lease.ts";
import type { ErrorSample, Report } from "../../src/domain/guard/report.ts";
import { drop, leaseOn } from "../../src/storefront/rollout/leases.ts";
import { note } from "../../src/storefront/rollout/reports.ts";

/**
 * Goal: a coordinator that is away or slow costs one shopper a second, closes the path within the lease, and loses no failure. Threats: every request waits
 * for it, an old lease that lives for ever, a failure that is forgotten because it could not be told.
 */
beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 27) }));
afterEach(() => void vi.useRealTimers());

let keys = 0;

/** The platform's binding, scripted: what the coordinator answers, and what it was asked. */
function coordinator() {
  const key = `flag.${(keys += 1)}`;
  const open: Lease = { key, state: "ramping", epoch: 1, share: 10_000, mirrored: false, fault: null };
  const script: { lease: () => Promise<Lease | null>; report: (report: Report) => Promise<Lease | null> } = {
    lease: async () => open,
    report: async () => open,
  };
  const asked = { leases: 0 };
  const reports: Report[] = [];
  const stub = {
    lease: () => {
      asked.leases += 1;
      return script.lease();
    },
    report: (report: Report) => {
      reports.push(report);
      return script.report(report);
    },
  };
  // SAFETY: of the bindings only the coordinator is used.
  const env = { FLAG_COORDINATOR: { getByName: () => stub } } as unknown as StorefrontEnv;
  const deferred: Promise<unknown>[] = [];
  const defer = (work: Promise<unknown>): void => void deferred.push(work);
  return { key, open, script, asked, reports, env, defer, lease: () => leaseOn(env, key, defer) };
}

const never = () => new Promise<never>(() => {});
const gone = () => Promise.reject(new Error("Network connection lost."));
const sample = (key: string): ErrorSample => ({
  key,
  at: Date.now(),
  outcome: "definite_fail",
  status: 500,
  code: "internal_error",
  detail: "",
  requestId: "r",
  latencyMs: 1,
});

describe("a lease", () => {
  it("is asked for once, and renewed in the background before it ends", async () => {
    const own = coordinator();
    for (let i = 0; i < 50; i++) expect(await own.lease()).toMatchObject({ share: 10_000 });
    expect(own.asked.leases).toBe(1);
    vi.advanceTimersByTime(4_000);
    await Promise.all([own.lease(), own.lease(), own.lease()]);
    expect(own.asked.leases).toBe(2);
  });

  it("whose coordinator has gone holds for ten seconds and no longer; then everything goes the safe way", async () => {
    const own = coordinator();
    await own.lease();
    own.script.lease = gone;
    vi.advanceTimersByTime(9_999);
    expect(await own.lease()).toMatchObject({ share: 10_000 });
    vi.advanceTimersByTime(1);
    expect(await own.lease()).toMatchObject({ share: 0, state: "off" });
  });

  it("that nobody answers costs the first shopper a second and the next ones nothing", async () => {
    const own = coordinator();
    own.script.lease = never;
    const first = own.lease();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await first).toMatchObject({ share: 0 });
    for (let i = 0; i < 100; i++) expect(await own.lease()).toMatchObject({ share: 0 });
    expect(own.asked.leases).toBe(1);
    own.script.lease = async () => own.open;
    vi.advanceTimersByTime(2_000);
    expect(await own.lease()).toMatchObject({ share: 10_000 });
  });

  it("whose clock was put back by an hour is over, and what is granted then is taken: a rollback is not missed for an hour (pitfall 21)", async () => {
    const own = coordinator();
    await own.lease();
    vi.setSystemTime(Date.now() - 3_600_000);
    own.script.lease = async () => ({ ...own.open, state: "rolled_back", epoch: 2, share: 0 });
    expect(await own.lease()).toMatchObject({ state: "rolled_back", share: 0 });
    expect(await own.lease()).toMatchObject({ state: "rolled_back", share: 0 });
    expect(own.asked.leases).toBe(2);
  });

  it("a renewal that hangs is not waited for, and is begun again", async () => {
    const own = coordinator();
    await own.lease();
    own.script.lease = never;
    vi.advanceTimersByTime(4_000);
    expect(await own.lease()).toMatchObject({ share: 10_000 });
    expect(await own.lease()).toMatchObject({ share: 10_000 });
    expect(own.asked.leases).toBe(2);
    await vi.advanceTimersByTimeAsync(2_600);
    await own.lease();
    expect(own.asked.leases).toBe(3);
  });

  it("that an object has refused is dropped, whatever its age", async () => {
    const own = coordinator();
    await own.lease();
    drop({ key: own.key, epoch: 1 });
    own.script.lease = async () => ({ ...own.open, epoch: 2, share: 0, state: "rolled_back" });
    expect(await own.lease()).toMatchObject({ epoch: 2, share: 0 });
  });
});

describe("a report", () => {
  it("waits half a second for successes, and not at all for a failure, which takes them along", async () => {
    const own = coordinator();
    for (let i = 0; i < 7; i++) note(own.env, own.key, 1, { kind: "ok" }, own.defer);
    await vi.advanceTimersByTimeAsync(499);
    expect(own.reports).toEqual([]);
    note(own.env, own.key, 1, { kind: "error", sample: sample("a") }, own.defer);
    await vi.advanceTimersByTimeAsync(0);
    expect(own.reports).toMatchObject([{ epoch: 1, ok: 7, errors: [{ key: "a" }] }]);
    note(own.env, own.key, 1, { kind: "safe" }, own.defer);
    await vi.advanceTimersByTimeAsync(500);
    expect(own.reports[1]).toMatchObject({ ok: 0, safe: 1, errors: [] });
  });

  it("its answer is the new lease: whoever reports the failure that was too many stops at once", async () => {
    const own = coordinator();
    await own.lease();
    own.script.report = async () => ({ ...own.open, epoch: 2, share: 0, state: "rolled_back" });
    note(own.env, own.key, 1, { kind: "error", sample: sample("a") }, own.defer);
    await vi.advanceTimersByTimeAsync(0);
    expect(await own.lease()).toMatchObject({ epoch: 2, share: 0 });
    expect(own.asked.leases).toBe(1);
  });

  it("pitfall 21: a failure that could not be told is told with the next report; successes are not told twice", async () => {
    const own = coordinator();
    own.script.report = gone;
    note(own.env, own.key, 1, { kind: "ok" }, own.defer);
    note(own.env, own.key, 1, { kind: "error", sample: sample("lost") }, own.defer);
    await vi.advanceTimersByTimeAsync(0);
    own.script.report = async () => own.open;
    note(own.env, own.key, 1, { kind: "ok" }, own.defer);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(own.reports.at(-1)).toMatchObject({ ok: 1, errors: [{ key: "lost" }] });
  });

  it("pitfall 21: nothing is told to a coordinator that is silent, so what happens meanwhile waits whole: a healthy path does not look broken afterwards", async () => {
    const own = coordinator();
    const ok = (count: number) => {
      for (let i = 0; i < count; i++) note(own.env, own.key, 1, { kind: "ok" }, own.defer);
    };
    own.script.report = own.script.lease = never;
    ok(100);
    await vi.advanceTimersByTimeAsync(2_500);
    for (let second = 0; second < 7; second++) {
      ok(199);
      note(own.env, own.key, 1, { kind: "error", sample: sample(`${second}`) }, own.defer);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(own.reports).toMatchObject([{ ok: 100, errors: [] }]);
    own.script.report = own.script.lease = async () => own.open;
    ok(1);
    await vi.advanceTimersByTimeAsync(500);
    expect(own.reports.slice(1).map((report) => [report.ok, report.errors.length])).toEqual([[1_394, 7]]);
    const told = own.reports.slice(1).map((report) => ({ ok: report.ok, err: report.errors.length }));
    expect(tripped(told.reduce(watch, CALM))).toBeUndefined();
    ok(3);
    await vi.advanceTimersByTimeAsync(500);
    expect(own.reports).toHaveLength(3);
  });

  it("of more failures than it holds it forgets the oldest, with their share of the successes: what is left looks no better than it was", async () => {
    const own = coordinator();
    own.script.report = own.script.lease = gone;
    note(own.env, own.key, 1, { kind: "ok" }, own.defer);
    await vi.advanceTimersByTimeAsync(500);
    for (let i = 0; i < 250; i++) {
      for (let n = 0; n < 20; n++) note(own.env, own.key, 1, { kind: "ok" }, own.defer);
      note(own.env, own.key, 1, { kind: "error", sample: sample(`${i}`) }, own.defer);
    }
    await vi.advanceTimersByTimeAsync(0);
    own.script.report = own.script.lease = async () => own.open;
    note(own.env, own.key, 1, { kind: "ok" }, own.defer);
    await vi.advanceTimersByTimeAsync(500);
    const last = own.reports.at(-1);
    expect(last?.errors.map(({ key }) => key)).toEqual(Array.from({ length: 100 }, (_, i) => `${i + 150}`));
    expect(last?.ok).toBeGreaterThan(1_800);
    expect(last?.ok).toBeLessThanOrEqual(2_001);
  });

  it("what ran under two epochs is told apart", async () => {
    const own = coordinator();
    note(own.env, own.key, 1, { kind: "ok" }, own.defer);
    note(own.env, own.key, 2, { kind: "safe" }, own.defer);
    await vi.advanceTimersByTimeAsync(500);
    expect(own.reports.map(({ epoch, ok, safe }) => [epoch, ok, safe])).toEqual([
      [1, 1, 0],
      [2, 0, 1],
    ]);
  });
});
