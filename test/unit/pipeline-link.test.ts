/**
 * Goal: an isolate goes the way that was decided, comes back from it, and asks nobody while it is idle. Threats: a coordinator that is silent and holds
 * everybody up; probes that are granted and lost; failures that nobody hears of.
 */
import { describe, expect, it } from "vitest";
import { LEASE_MS, RENEW_AFTER_MS } from "../../src/domain/pipeline/report.ts";
import { PipelineLink } from "../../src/platform/pipeline-link.ts";
import { memoryCoordinator } from "../support/pipeline.ts";

const sick = (): Promise<never> => Promise.reject(new Error("sick"));
const well = () => Promise.resolve("done");

function newWorld() {
  let now = 1_000_000;
  const clock = () => now;
  const link = new PipelineLink("test", clock);
  return { link, ...memoryCoordinator(clock), pass: (ms: number) => (now += ms) };
}

async function fail(world: ReturnType<typeof newWorld>, times: number): Promise<void> {
  for (let n = 0; n < times; n++) await world.link.run("enrich", 100, sick).catch(() => undefined);
  await world.link.tell(world.coordinator);
}

describe("a link to the pipeline", () => {
  it("takes the detour in the very answer to the report that decided it", async () => {
    const world = newWorld();
    await fail(world, 4);
    expect(world.link.route("enrich")).toBe("primary");
    await fail(world, 1);
    expect(world.link.route("enrich")).toBe("bypass");
    expect(world.link.route("aggregate/shard-0")).toBe("primary");
  });

  it("comes back by its probes, and keeps those that it has not used when the table is renewed", async () => {
    const world = newWorld();
    await fail(world, 5);
    world.pass(10_000);
    expect(world.link.takeRenewal()).toBe(true);
    await world.link.renew(world.coordinator);
    for (let probe = 0; probe < 10; probe++) {
      expect(world.link.route("enrich"), `probe ${probe}`).toBe("primary");
      await world.link.run("enrich", 100, well);
      world.pass(100);
      await world.link.tell(world.coordinator);
    }
    expect(world.decisions.map(({ kind }) => kind)).toEqual(["opened", "closed"]);
    expect(world.link.route("enrich")).toBe("primary");
  });

  it("leaves the probes of a stage to those who work at it, however often others ask first", async () => {
    let now = 0;
    const { coordinator } = memoryCoordinator(() => now);
    const analytics = new PipelineLink("analytics", () => now);
    const orders = new PipelineLink("orders", () => now);
    for (let n = 0; n < 5; n++) await analytics.run("enrich", 100, sick).catch(() => undefined);
    await analytics.tell(coordinator);
    now += 10_000;
    await orders.run("orders", 100, well);
    await orders.tell(coordinator);
    await analytics.renew(coordinator);
    expect(analytics.route("enrich")).toBe("primary");
  });

  it("tries ten calls and no more while nobody knows how they end", async () => {
    const world = newWorld();
    await fail(world, 5);
    world.pass(10_000);
    await world.link.renew(world.coordinator);
    const routes = Array.from({ length: 12 }, () => world.link.route("enrich"));
    expect(routes.filter((route) => route === "primary")).toHaveLength(10);
  });

  it("is primary again once its lease is over, and renews before that, once", async () => {
    const world = newWorld();
    await fail(world, 5);
    world.pass(RENEW_AFTER_MS);
    expect([world.link.takeRenewal(), world.link.takeRenewal()]).toEqual([true, false]);
    world.pass(LEASE_MS - RENEW_AFTER_MS);
    expect(world.link.route("enrich")).toBe("primary");
  });

  it("a silent coordinator is asked again after a while, and hears of the failures then; successes are not told twice", async () => {
    const world = newWorld();
    const silent = { routes: () => sick(), report: () => sick() };
    await world.link.run("enrich", 100, well);
    for (let n = 0; n < 5; n++) await world.link.run("enrich", 100, sick).catch(() => undefined);
    await world.link.tell(silent);
    expect([world.link.isDue, world.link.takeRenewal()]).toEqual([false, false]);
    world.pass(2_000);
    expect(world.link.isDue).toBe(true);
    await world.link.tell(world.coordinator);
    expect(world.reports[0]?.lanes).toMatchObject([{ lane: "enrich", ok: 0, errors: 5 }]);
    expect(world.link.route("enrich")).toBe("bypass");
  });

  it("pitfall 25: successes are told at most once a second, failures at once, and nothing is told of nothing", async () => {
    const world = newWorld();
    expect(world.link.isDue).toBe(false);
    await world.link.run("orders", 100, well);
    expect(world.link.isDue).toBe(true);
    await world.link.tell(world.coordinator);
    await world.link.run("orders", 100, well);
    world.pass(900);
    expect(world.link.isDue).toBe(false);
    await world.link.run("orders", 100, sick).catch(() => undefined);
    expect(world.link.isDue).toBe(true);
  });

  it("a clock that is put back by an hour leaves nobody with a lease for an hour: the table is asked for and taken at once", async () => {
    const world = newWorld();
    const hourMs = 3_600_000;
    await fail(world, 5);
    expect(world.link.route("enrich")).toBe("bypass");
    world.pass(-hourMs);
    expect(world.link.route("enrich")).toBe("primary");
    expect(world.link.takeRenewal()).toBe(true);
    await world.link.renew(world.coordinator);
    // It is not known how long it was open, so it is tried.
    for (let probe = 0; probe < 10; probe++) {
      await world.link.run("enrich", 100, well);
      world.pass(100);
      expect(world.link.isDue).toBe(true);
      await world.link.tell(world.coordinator);
    }
    expect(world.decisions.map(({ kind }) => kind)).toEqual(["opened", "closed"]);
  });

  it("a coordinator that was silent before the clock was put back is asked again", async () => {
    const world = newWorld();
    await world.link.run("enrich", 100, sick).catch(() => undefined);
    await world.link.tell({ routes: () => sick(), report: () => sick() });
    expect(world.link.isDue).toBe(false);
    world.pass(-3_600_000);
    expect([world.link.isDue, world.link.takeRenewal()]).toEqual([true, true]);
  });
});
