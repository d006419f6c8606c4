import { ageMs } from "../../src/domain/age.ts";
import { type DecisionPage, EMPTY_PAGE } from "../../src/domain/chain.ts";
import type { QueueName } from "../../src/domain/messages.ts";
import { atTime } from "../../src/domain/pipeline/breaker.ts";
import type { PipelineDecision } from "../../src/domain/pipeline/decision.ts";
import { type Backlog, type Backlogs, healthOf, indicatorsOf, watch } from "../../src/domain/pipeline/health.ts";
import {
  lease,
  newPipeline,
  observeLane,
  type Pipeline,
  routeOf,
  SILENCE_MS,
} from "../../src/domain/pipeline/pipeline.ts";
import type { LaneReport, PipelineReport, RoutingLease } from "../../src/domain/pipeline/report.ts";
import type { SpillState } from "../../src/domain/pipeline/spill.ts";
import { type KnownSpill, noteSpill, type SpillTotals, totalsOf } from "../../src/domain/pipeline/spills.ts";
import { type Lane, laneOfShard, POLICIES, stageOf, STAGES } from "../../src/domain/pipeline/stages.ts";
import type { PipelineView } from "../../src/domain/pipeline/view.ts";
import { inTime } from "../../src/platform/in-time.ts";
import { log } from "../../src/platform/log.ts";
import { DecisionLog } from "../decision-log.ts";
import { OperationsObject } from "../metered-object.ts";
import { exists, migrate } from "../migrate.ts";
import { queuesOf } from "../outbox.ts";
import type { JobResult } from "../job.ts";
import { DueWork } from "../work.ts";
import { PIPELINE_COORDINATOR_STEPS } from "./schema.ts";

const STATE_KEY = "pipeline";
const WATCH = "watch";
/** What decides nothing is in memory for at most so long; a crash makes the breakers forget the last few calls, and nothing else. */
const SAVE_EVERY_MS = 5_000;
const METRICS_MS = 1_000;

interface Stored {
  readonly pipeline: Pipeline;
  readonly spills: readonly KnownSpill[];
}

/**
 * Knows how each stage is, and decides which way work goes. Decisions are made in the very call that brings the evidence. It holds no event and is in
 * nobody's way: who cannot reach it goes the primary way.
 */
export class PipelineCoordinator extends OperationsObject {
  readonly #log: DecisionLog<PipelineDecision>;
  readonly #work: DueWork;
  #known: Stored | undefined;
  #savedAt = 0;

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    this.#log = new DecisionLog(ctx.storage, { hasTime: true });
    this.#work = new DueWork(ctx.storage, { [WATCH]: () => this.#watch() });
    if (exists(ctx.storage)) migrate(ctx.storage, PIPELINE_COORDINATOR_STEPS);
  }

  /** The routing table, for some seconds, with probes for lanes that the caller works at. */
  routes(works?: readonly Lane[]): RoutingLease {
    const granted = lease(this.#state().pipeline, Date.now(), works);
    this.#known = { ...this.#state(), pipeline: granted.pipeline };
    return granted.lease;
  }

  /** A heartbeat with what an isolate saw. */
  report({ lanes, works }: PipelineReport): RoutingLease {
    this.#take(lanes, undefined);
    return this.routes(works);
  }

  /** How much a spill holds, and how its tries went. */
  spill(state: SpillState, lanes: readonly LaneReport[]): void {
    this.#take(lanes, state);
  }

  /** A spill laid events among the dead letters, because a shard that is well does not take them. */
  gaveUp(shard: string, events: number, error: string): void {
    const { pipeline } = this.#state();
    const route = { from: "fallback", to: "fallback" } as const;
    const lane = laneOfShard(shard);
    const evidence = { events, error: error.slice(0, 200) };
    this.#commit(this.#state(), [{ at: Date.now(), kind: "gave_up", lane, route, epoch: pipeline.epoch, evidence }]);
  }

  /** What waits in spills: events that were received, and are in no shard's count yet. */
  spilled(): SpillTotals {
    return totalsOf(this.#state().spills);
  }

  async view(): Promise<PipelineView> {
    const backlogs = await this.#backlogs();
    const now = Date.now();
    const { pipeline, spills } = this.#state();
    const stages = pipeline.stages.map((state) => {
      const backlog = backlogs[state.stage];
      const lanes = pipeline.lanes
        .filter(({ lane }) => stageOf(lane) === state.stage)
        .map(({ lane, breaker }) => ({ lane, route: routeOf(lane, breaker), breaker: atTime(breaker, now) }));
      return {
        stage: state.stage,
        health: healthOf(pipeline, state.stage, backlog, now),
        staleSince: state.staleSince,
        indicators: indicatorsOf(state, now),
        backlog: backlog ?? null,
        lanes: lanes.toSorted((a, b) => (a.lane < b.lane ? -1 : 1)),
      };
    });
    return { at: now, epoch: pipeline.epoch, stages, spill: { ...totalsOf(spills), shards: spills } };
  }

  decisions(limit: number, before?: number): DecisionPage<PipelineDecision> {
    return exists(this.ctx.storage) ? this.#log.page(limit, before) : EMPTY_PAGE;
  }

  override async alarm(): Promise<void> {
    if (exists(this.ctx.storage)) await this.#work.runDue(Date.now());
  }

  #state(): Stored {
    this.#known ??= this.ctx.storage.kv.get<Stored>(STATE_KEY) ?? { pipeline: newPipeline(), spills: [] };
    return this.#known;
  }

  #take(lanes: readonly LaneReport[], spill: SpillState | undefined): void {
    const now = Date.now();
    let { pipeline, spills } = this.#state();
    const decisions: PipelineDecision[] = [];
    for (const report of lanes) {
      const observed = observeLane(pipeline, report, now);
      pipeline = observed.pipeline;
      decisions.push(...observed.decisions);
    }
    if (spill) {
      const noted = noteSpill(spills, spill, pipeline.epoch, now);
      spills = noted.spills;
      decisions.push(...noted.decisions);
    }
    this.#commit({ pipeline, spills }, decisions);
  }

  /** Decisions, their entries in the log and what is known after them are one transaction. */
  #commit(next: Stored, decisions: readonly PipelineDecision[]): void {
    const now = Date.now();
    migrate(this.ctx.storage, PIPELINE_COORDINATOR_STEPS);
    this.#work.transaction(() => {
      if (decisions.length > 0 || ageMs(this.#savedAt, now) >= SAVE_EVERY_MS) {
        this.ctx.storage.kv.put(STATE_KEY, next);
        this.#savedAt = now;
      }
      for (const decision of decisions) this.#log.append(decision);
      // Something was done, so more of it may be waiting: somebody has to notice if nothing comes any more.
      this.#work.dueBy({ id: WATCH, kind: WATCH, dueAt: now + SILENCE_MS }, now);
      this.#work.arm();
    });
    this.#known = next;
    for (const { kind, lane, route, epoch, evidence } of decisions) {
      const level = kind === "opened" || kind === "stale" || kind === "gave_up" ? "error" : "info";
      log(level, "pipeline_decision", { decision: kind, lane, from: route.from, to: route.to, epoch, ...evidence });
    }
  }

  /** Looks whether anything waits that nobody works at; goes on looking until the shop is quiet, and not longer. */
  async #watch(): Promise<JobResult> {
    const backlogs = await this.#backlogs();
    const now = Date.now();
    const { pipeline, spills } = this.#state();
    const looked = watch(pipeline, backlogs, now);
    const next = { pipeline: looked.pipeline, spills };
    this.#work.transaction(() => {
      this.ctx.storage.kv.put(STATE_KEY, next);
      for (const decision of looked.decisions) this.#log.append(decision);
    });
    this.#known = next;
    this.#savedAt = now;
    for (const { lane, evidence } of looked.decisions)
      log("error", "pipeline_decision", { decision: "stale", lane, ...evidence });
    return looked.isQuiet ? "done" : { again: now + SILENCE_MS };
  }

  async #backlogs(): Promise<Backlogs> {
    const queues = queuesOf(this.env);
    const asked = STAGES.map(async (stage) => {
      const name = POLICIES[stage].queue;
      return [stage, name === null ? undefined : await backlogOf(name, queues[name])] as const;
    });
    return Object.fromEntries(await Promise.all(asked));
  }
}

/** A queue that does not say what waits in it is unknown, which is not nothing. */
async function backlogOf(name: QueueName, queue: object): Promise<Backlog | undefined> {
  try {
    // SAFETY: producers of the outbox are whole queues; its type names what it uses of them.
    const { backlogCount, oldestMessageTimestamp: oldest } = await inTime((queue as Queue).metrics(), METRICS_MS, name);
    // Zero is how an empty queue says that it has no oldest message.
    return { count: backlogCount, oldestAt: oldest && oldest.getTime() > 0 ? oldest.getTime() : null };
  } catch (error) {
    log("warn", "backlog_unknown", { queue: name, error: String(error) });
    return undefined;
  }
}
