/**
 * Goal: every event ends as applied, among the dead letters with a reason, or is pending in a place that can be named, whatever fails and in whatever
 * order. Threats: a cycle without an end, an event that is dropped between two places, one that is counted twice.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../scripts/config.ts";
import { WORKERS } from "../../scripts/workers.ts";
import {
  afterReplay,
  arrived,
  HOP_BUDGET,
  type Journey,
  next,
  RULES,
  spilled,
  type StepOutcome,
} from "../../src/domain/pipeline/journey.ts";
import { POLICIES, REPLAY_POLICY, type Route } from "../../src/domain/pipeline/stages.ts";
import { platformQueue } from "../../src/domain/queue-names.ts";

const OUTCOMES = ["ok", "failed", "refused", "away"] as const satisfies readonly StepOutcome[];
const ROUTES = ["primary", "fallback"] as const satisfies readonly Route[];
const policy = POLICIES.aggregate;
/** A replay is tried more often than a delivery. */
const policyOf = ({ at }: Journey) => (at === "replay" ? REPLAY_POLICY : policy);
const isOver = ({ at }: Journey): boolean => at === "applied" || at === "dead_letter";
const key = ({ at, tries, hops }: Journey): string => `${at} ${tries} ${hops}`;

describe("the machine", () => {
  it("no cycle that can be reached goes beyond the hop budget: all states are walked through", () => {
    const reached = new Map<string, Journey>();
    const deliveries = Array.from({ length: policy.retries + 1 }, (_, n) => n + 1);
    const open: Journey[] = deliveries.flatMap((n) => ROUTES.map((route) => arrived(route, n)));
    for (let refusals = 0; refusals <= REPLAY_POLICY.retries; refusals++) open.push(spilled(refusals));
    for (let journey = open.pop(); journey; journey = open.pop()) {
      if (reached.has(key(journey))) continue;
      reached.set(key(journey), journey);
      if (isOver(journey)) continue;
      for (const outcome of OUTCOMES)
        for (const route of ROUTES) open.push(next(journey, outcome, { route, policy: policyOf(journey) }));
    }
    const all = [...reached.values()];
    expect(Math.max(...all.map(({ hops }) => hops))).toBeLessThanOrEqual(HOP_BUDGET);
    expect(new Set(all.map(({ at }) => at))).toEqual(new Set(["apply", "spill", "replay", "applied", "dead_letter"]));
    // Every move goes forward; what stays where it is has not been tried.
    for (const journey of all.filter((each) => !isOver(each))) {
      for (const outcome of OUTCOMES) {
        const then = next(journey, outcome, { route: "primary", policy: policyOf(journey) });
        if (then === journey) expect([journey.at, outcome]).toEqual(["replay", "away"]);
        else expect(then.hops).toBe(journey.hops + 1);
      }
    }
  });

  it("has a cycle, or the budget would prove nothing", () => {
    const from = (step: string) => RULES.filter((rule) => rule.from === step).map(({ to }) => to);
    expect(from("apply")).toContain("spill");
    expect(from("spill")).toContain("apply");
  });

  it("retries as often as the queue's consumer delivers, so that the last delivery knows that it is the last", () => {
    const consumers = WORKERS.flatMap((worker) => readConfig(worker).queues?.consumers ?? []);
    for (const { queue, retries } of Object.values(POLICIES)) {
      if (queue === null) continue;
      expect(consumers.find((consumer) => consumer.queue === platformQueue(queue))?.max_retries, queue).toBe(retries);
    }
  });

  it("gives up a spilled event only after it was refused again and again by a shard that is well", () => {
    let refusals = 0;
    while (afterReplay(refusals, "refused").at === "replay") refusals++;
    expect(refusals).toBe(5);
    expect(afterReplay(4, "away")).toMatchObject({ at: "replay", tries: 4 });
  });
});

interface Fault {
  /** The shard for the next call: takes it, fails before, or fails after having taken it. */
  readonly shard: "ok" | "fails" | "answer_lost";
  readonly spill: "ok" | "fails" | "answer_lost";
  readonly route: Route;
  /** Whether an empty request would be taken now. */
  readonly isWell: boolean;
}

/** A queue, a spill and a shard in memory. The consumer and the spill move events by the machine and by nothing else. */
class World {
  readonly queue: { id: number; deliveries: number }[];
  readonly spill: { id: number; refusals: number }[] = [];
  readonly dead: { id: number; reason: string }[] = [];
  readonly applied = new Map<number, number>();
  /** The longest journey so far. */
  hops = 0;

  constructor(events: number) {
    this.queue = Array.from({ length: events }, (_, id) => ({ id, deliveries: 0 }));
  }

  consume({ shard, spill, route }: Fault): void {
    const message = this.queue.shift();
    if (!message) return;
    const { id } = message;
    const deliveries = message.deliveries + 1;
    let journey = arrived(route, deliveries);
    if (journey.at === "apply") journey = next(journey, this.#apply(id, shard), { route, policy });
    if (journey.at === "spill") journey = next(journey, this.#put(id, spill), { route, policy });
    this.hops = Math.max(this.hops, journey.hops);
    switch (journey.at) {
      case "apply":
        this.queue.push({ id, deliveries });
        break;
      case "dead_letter":
        this.dead.push({ id, reason: "deliveries used up" });
        break;
      case "applied":
      case "replay":
      case "spill":
        break;
    }
  }

  replay({ shard, isWell }: Fault): void {
    const head = this.spill[0];
    if (!head) return;
    const tried = this.#apply(head.id, shard);
    const outcome = tried === "ok" ? "ok" : isWell ? "refused" : "away";
    const { at, tries, hops } = afterReplay(head.refusals, outcome);
    this.hops = Math.max(this.hops, hops);
    if (at === "dead_letter") this.dead.push({ id: head.id, reason: "refused" });
    if (at === "replay") head.refusals = tries;
    else this.spill.shift();
  }

  #apply(id: number, fault: Fault["shard"]): StepOutcome {
    // The shard knows what it has counted.
    if (fault !== "fails") this.applied.set(id, 1);
    return fault === "ok" ? "ok" : "failed";
  }

  #put(id: number, fault: Fault["spill"]): StepOutcome {
    if (fault !== "fails" && !this.spill.some((each) => each.id === id)) this.spill.push({ id, refusals: 0 });
    return fault === "ok" ? "ok" : "failed";
  }
}

describe("events under random faults", () => {
  const fault: fc.Arbitrary<Fault> = fc.record({
    shard: fc.constantFrom("ok", "fails", "fails", "answer_lost"),
    spill: fc.constantFrom("ok", "ok", "fails", "answer_lost"),
    route: fc.constantFrom(...ROUTES),
    isWell: fc.boolean(),
  });
  const WELL: Fault = { shard: "ok", spill: "ok", route: "primary", isWell: true };

  const schedule = fc.tuple(
    fc.integer({ min: 1, max: 8 }),
    fc.array(fc.tuple(fault, fc.boolean()), { maxLength: 120 }),
  );

  /** Plays a schedule of faults; throws when an event is nowhere. Answers what is still pending after all has been well for long. */
  function play(world: World, events: number, faults: readonly (readonly [Fault, boolean])[]): object[] {
    const placeOf = (id: number): string[] => [
      ...(world.queue.some((each) => each.id === id) ? ["queue"] : []),
      ...(world.spill.some((each) => each.id === id) ? ["spill"] : []),
      ...(world.dead.some((each) => each.id === id && each.reason !== "") ? ["dead"] : []),
      ...(world.applied.get(id) === 1 ? ["applied"] : []),
    ];
    for (const [each, isReplay] of faults) {
      if (isReplay) world.replay(each);
      else world.consume(each);
      for (let id = 0; id < events; id++) expect(placeOf(id), `event ${id}`).not.toEqual([]);
      expect(world.hops).toBeLessThanOrEqual(HOP_BUDGET);
    }
    for (let turn = 0; turn < 100; turn++) {
      world.consume(WELL);
      world.replay(WELL);
    }
    for (let id = 0; id < events; id++)
      expect(placeOf(id)).toEqual(expect.arrayContaining([expect.stringMatching(/applied|dead/)]));
    return [...world.queue, ...world.spill];
  }

  it("every event is applied once, dead with a reason, or pending in the queue or the spill, at every moment", () => {
    fc.assert(
      fc.property(schedule, ([events, faults]) => {
        expect(play(new World(events), events, faults)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("a machine that loses an event is found out, with a seed that plays the same failure again", () => {
    class Forgetful extends World {
      override replay(each: Fault): void {
        super.replay(each);
        if (each.shard === "fails") this.spill.shift();
      }
    }
    const property = fc.property(schedule, ([events, faults]) => {
      expect(play(new Forgetful(events), events, faults)).toEqual([]);
    });
    const found = fc.check(property, { numRuns: 500 });
    expect(found.failed).toBe(true);
    const { seed, counterexamplePath: path } = found;
    const again = fc.check(property, { seed, path: path ?? "", endOnFailure: true });
    expect([again.failed, again.numRuns]).toEqual([true, 1]);
    expect(again.counterexample).toEqual(found.counterexample);
    // What is printed when a test fails has both.
    expect(fc.defaultReportMessage(found)).toContain(`seed: ${seed}, path: "${path}"`);
  });

  it("a shard that is away for however long costs no event its life once it is in the spill", () => {
    const world = new World(20);
    const away: Fault = { shard: "fails", spill: "ok", route: "fallback", isWell: false };
    for (let turn = 0; turn < 500; turn++) {
      world.consume(away);
      world.replay(away);
    }
    expect(world.spill.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, id) => id));
    for (let turn = 0; turn < 20; turn++) world.replay(WELL);
    expect([world.applied.size, world.dead.length]).toEqual([20, 0]);
  });
});
