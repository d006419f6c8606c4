import { ageMs } from "../../src/domain/age.ts";
import { afterReplay, type StepOutcome } from "../../src/domain/pipeline/journey.ts";
import { LaneTally } from "../../src/domain/pipeline/report.ts";
import {
  eventsOf,
  messageOfPart,
  singles,
  type SpilledRequest,
  spillId,
  type SpillState,
} from "../../src/domain/pipeline/spill.ts";
import { laneOfShard, PIPELINE, REPLAY_POLICY } from "../../src/domain/pipeline/stages.ts";
import { LIMITS } from "../../src/domain/limits.ts";
import { textOf } from "../../src/domain/message-text.ts";
import { backoffMs } from "../../src/platform/backoff.ts";
import { inTime } from "../../src/platform/in-time.ts";
import { log } from "../../src/platform/log.ts";
import { requestBytes, requestsOf } from "../event-shard/size.ts";
import { AnalyticsObject } from "../metered-object.ts";
import { exists, migrate } from "../migrate.ts";
import type { JobResult } from "../job.ts";
import { DueWork } from "../work.ts";
import { EVENT_SPILL_STEPS } from "./schema.ts";
import { type Entry, SpillTable } from "./table.ts";

const REPLAY = "replay";
/** Applied side by side, in order: the shard commits together what comes in a moment. */
const WIDTH_MAX = 8;
const WIDTH_BYTES = 1_000_000;
/** In one run of the alarm, then the next one goes on. */
const ROUNDS_MAX = 100;
/** The coordinator is told at most this often while nothing begins or ends. */
const TELL_EVERY_MS = 500;
/** Where the dead letters of the events queue are. */
const DEAD_QUEUE = "events-dead";

export interface SpillRequest {
  readonly shard: string;
  readonly request: SpilledRequest;
}

/**
 * What a shard could not take, durable and in the order in which it came, until the shard takes it. One object per shard, named like it. It tries by itself:
 * the first try that succeeds is the news that the shard is well, so nobody has to say so.
 */
export class EventSpill extends AnalyticsObject {
  readonly #table: SpillTable;
  readonly #work: DueWork;
  #width = 1;
  /** Tries in a row that the shard did not answer. */
  #away = 0;
  #toldAt = 0;

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    this.#table = new SpillTable(ctx.storage);
    this.#work = new DueWork(ctx.storage, { [REPLAY]: () => this.#replay() });
    if (exists(ctx.storage)) migrate(ctx.storage, EVENT_SPILL_STEPS);
  }

  /** Keeps it. Whoever gets an answer may acknowledge; the same content is kept once. */
  async put({ shard, request }: SpillRequest): Promise<void> {
    migrate(this.ctx.storage, EVENT_SPILL_STEPS);
    const now = Date.now();
    const before = this.#table.state(now);
    if (before.bytes > LIMITS.spillBytesPerShard) throw new Error("the spill is full");
    const sizes = this.#work.transaction(() => {
      const added = requestsOf(request).flatMap((one) => {
        const size = { events: eventsOf(one), bytes: requestBytes(one) };
        return this.#table.add(shard, spillId(one), one, size, now) ? [size] : [];
      });
      this.#work.dueBy({ id: REPLAY, kind: REPLAY, dueAt: now + REPLAY_POLICY.backoffBaseMs }, now);
      this.#work.arm();
      return added;
    });
    this.#table.added(before, sizes);
    await this.#tell(before.parts === 0);
  }

  state(): SpillState {
    if (!exists(this.ctx.storage)) {
      return { shard: this.ctx.id.name ?? "", no: 0, parts: 0, events: 0, bytes: 0, oldestAt: null };
    }
    return this.#table.state(Date.now());
  }

  override async alarm(): Promise<void> {
    if (exists(this.ctx.storage)) await this.#work.runDue(Date.now());
  }

  async #replay(): Promise<JobResult> {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const entries = this.#table.oldest(this.#width, WIDTH_BYTES);
      if (entries.length === 0) return "done";
      const tally = new LaneTally();
      const errors = await Promise.all(entries.map(({ request }) => this.#apply(request, tally)));
      const isApplied = (_: Entry, n: number): boolean => errors[n] === undefined;
      this.#table.remove(entries.filter(isApplied));
      const failed = entries.findIndex((entry, n) => !isApplied(entry, n));
      const head = entries[failed];
      if (head === undefined) {
        this.#width = Math.min(WIDTH_MAX, this.#width * 2);
        this.#away = 0;
        await this.#tell(this.#table.state(Date.now()).parts === 0, tally);
        continue;
      }
      // Together they may have failed because of one of them.
      const isAlone = entries.length === 1;
      this.#width = 1;
      const waitMs = await this.#failed(head, errors[failed], isAlone);
      await this.#tell(false, tally);
      if (waitMs > 0) return { again: Date.now() + waitMs };
    }
    return { again: Date.now() };
  }

  /** Answers after how long to try again. */
  async #failed(head: Entry, error: unknown, isAlone: boolean): Promise<number> {
    const outcome = await this.#outcomeOf(error);
    const { backoffBaseMs, backoffMaxMs } = REPLAY_POLICY;
    if (outcome === "away") return backoffMs(++this.#away, backoffBaseMs, backoffMaxMs);
    this.#away = 0;
    if (!isAlone) return 1;
    const { at } = afterReplay(head.refusals, outcome);
    if (at === "dead_letter") {
      if (await this.#giveUp(head, error)) return 0;
      return backoffMs(++this.#away, backoffBaseMs, backoffMaxMs);
    }
    this.#table.refused(head);
    return backoffMs(head.refusals + 1, backoffBaseMs, backoffMaxMs);
  }

  /** A shard that takes an empty request in the same way, and not this one, refuses this one. */
  async #outcomeOf(error: unknown): Promise<StepOutcome> {
    if (Reflect.get(Object(error), "overloaded") === true) return "away";
    // The platform's word that a call may be repeated says nothing: a shard that cannot fold something ends itself, and is back at once.
    const asked = await this.#apply({ facts: [] }, new LaneTally());
    return asked === undefined ? "refused" : "away";
  }

  /**
   * Piece by piece, so that only what is to blame goes. It is among the dead letters before it is gone from here. Answers whether it came to an end: if the
   * shard goes away meanwhile, all of it is tried again, and what was taken changes nothing.
   */
  async #giveUp(entry: Entry, error: unknown): Promise<boolean> {
    let events = 0;
    for (const single of piecesOf(entry.request)) {
      const refusal = await this.#apply(single, new LaneTally());
      if (refusal === undefined) continue;
      if ((await this.#outcomeOf(refusal)) === "away") return false;
      await this.#bury(single);
      events += eventsOf(single);
    }
    this.#table.remove([entry]);
    log("error", "spilled_events_refused", { shard: this.#table.shard, events, error: String(error) });
    if (events > 0)
      await this.#coordinator()
        .gaveUp(this.#table.shard, events, String(error))
        .catch((silent: unknown) => log("warn", "spill_not_told", { error: String(silent) }));
    return true;
  }

  async #bury({ part, facts }: SpilledRequest): Promise<void> {
    const messages = [...(part ? [messageOf(part)] : []), ...facts.map(({ fact }) => fact)];
    const letters = messages.map((message) => ({
      messageId: `spill:${this.#table.shard}:${message.id}`,
      body: textOf(message) ?? "null",
      attempts: REPLAY_POLICY.retries + 1,
      at: Date.now(),
    }));
    await this.env.DEAD_LETTERS.getByName(DEAD_QUEUE).add(letters, "events");
  }

  /** What went wrong, or nothing. */
  async #apply(request: SpilledRequest, tally: LaneTally): Promise<unknown> {
    const { shard } = this.#table;
    const startedAt = Date.now();
    try {
      await inTime(this.env.EVENT_SHARD.getByName(shard).apply(request), REPLAY_POLICY.timeoutMs, shard);
      tally.done(Date.now() - startedAt);
      return undefined;
    } catch (error) {
      tally.failed(Date.now() - startedAt, error);
      return error ?? new Error("failed without a reason");
    }
  }

  /** How much waits, and how the tries went: in half-open they are probes. Never rejects. */
  async #tell(isTurn: boolean, tally?: LaneTally): Promise<void> {
    const now = Date.now();
    const hasOutcomes = tally !== undefined && tally.ok + tally.errors > 0;
    if (!isTurn && !hasOutcomes && ageMs(this.#toldAt, now) < TELL_EVERY_MS) return;
    this.#toldAt = now;
    const state = this.#table.state(now);
    const lanes = hasOutcomes ? [{ ...tally.report(laneOfShard(state.shard)), unasked: true }] : [];
    try {
      await inTime(this.#coordinator().spill(state, lanes), REPLAY_POLICY.backoffBaseMs, "the pipeline's coordinator");
    } catch (error) {
      log("warn", "spill_not_told", { shard: state.shard, error: String(error) });
    }
  }

  #coordinator() {
    return this.env.PIPELINE_COORDINATOR.getByName(PIPELINE);
  }
}

/** What cannot even be taken apart goes as a whole; nothing may stay at the head for ever. */
function piecesOf(request: SpilledRequest): readonly SpilledRequest[] {
  try {
    return singles(request);
  } catch {
    return [request];
  }
}

function messageOf(part: NonNullable<SpilledRequest["part"]>): { readonly id: string } {
  try {
    return messageOfPart(part);
  } catch {
    return { id: `evt_spilled-${part.batchHigh[0]}-${part.batchLow[0]}`, ...part };
  }
}
