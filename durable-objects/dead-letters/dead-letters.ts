import { diagnose } from "../../src/domain/dead-letter.ts";
import type { QueueName } from "../../src/domain/messages.ts";
import type { Mismatch } from "../../src/domain/mismatch.ts";
import { ok, refuse, type Result } from "../../src/domain/result.ts";
import { log } from "../../src/platform/log.ts";
import { OperationsObject } from "../metered-object.ts";
import { exists, migrate } from "../migrate.ts";
import { Outbox, outboxHandlers, queuesOf } from "../outbox.ts";
import { DueWork } from "../work.ts";
import { DEAD_LETTER_STEPS } from "./schema.ts";
import { type CauseCount, type DeadLetter, type LetterHead, type LetterPage, LetterTable } from "./table.ts";
import type { StoredLetter } from "./table.ts";

/** Letters that one call replays: as many as one batch of a queue takes. */
const REPLAY_MAX = 100;

/** A letter that has been dealt with. `repeated`: it had been before, and this call did nothing. */
export interface Settled {
  readonly letter: LetterHead;
  readonly repeated: boolean;
}

export type ReplayReply = Result<
  Settled,
  | { readonly reason: "unknown_letter" | "discarded" }
  /** The consumer would refuse it again: what is wrong has to be put right first, in the code or in a new message. */
  | { readonly reason: "unparseable"; readonly mismatches: readonly Mismatch[] }
>;
export type DiscardReply = Result<Settled, { readonly reason: "unknown_letter" | "replayed" }>;

export interface CauseReplay {
  readonly replayed: number;
  /** Still not readable, and left as they are. */
  readonly unparseable: number;
  /** Where the next call goes on, or `null` when all of this cause have been looked at. */
  readonly next: number | null;
}

/** What ran out of retries in one queue, kept until a person has dealt with it. */
export class DeadLetters extends OperationsObject {
  readonly #table: LetterTable;
  readonly #work: DueWork;
  readonly #outbox: Outbox;

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    this.#table = new LetterTable(ctx.storage.sql);
    this.#work = new DueWork(ctx.storage, outboxHandlers(queuesOf(env)));
    this.#outbox = new Outbox(this.#work);
    if (exists(ctx.storage)) migrate(ctx.storage, DEAD_LETTER_STEPS);
  }

  /** `queue` is the live queue that they died in; a caller of before there were causes does not say. */
  add(letters: readonly DeadLetter[], queue?: QueueName): void {
    migrate(this.ctx.storage, DEAD_LETTER_STEPS);
    this.#work.transaction(() => {
      for (const letter of letters) this.#table.add(letter, queue ? diagnose(queue, letter.body).cause : "unsorted");
    });
  }

  /** Newest first, at most a page. */
  list(page: LetterPage): LetterHead[] {
    return exists(this.ctx.storage) ? this.#table.list(page) : [];
  }

  read(seq: number): StoredLetter | null {
    return (exists(this.ctx.storage) ? this.#table.find(seq) : undefined) ?? null;
  }

  count(): number {
    return exists(this.ctx.storage) ? this.#table.count() : 0;
  }

  overview(): { readonly count: number; readonly unsent: number; readonly causes: readonly CauseCount[] } {
    if (!exists(this.ctx.storage)) return { count: 0, unsent: 0, causes: [] };
    return { count: this.#table.count(), unsent: this.#work.count(), causes: this.#table.causes() };
  }

  /** Sends the message to its queue again, as it was and under its own id. Again and again is once. */
  replay({ queue, seq, by }: { queue: QueueName; seq: number; by: string }): ReplayReply {
    const letter = this.read(seq);
    if (!letter) return refuse({ reason: "unknown_letter" });
    if (letter.status === "discarded") return refuse({ reason: "discarded" });
    if (letter.status === "replayed") return ok({ letter: this.#head(seq), repeated: true });
    const { sent, mismatches } = this.#resend(queue, [letter], by);
    if (!sent) return refuse({ reason: "unparseable", mismatches });
    return ok({ letter: this.#head(seq), repeated: false });
  }

  /** One batch of a cause, oldest first, beginning after `after`. */
  replayCause(input: { queue: QueueName; cause: string; by: string; after: number; limit: number }): CauseReplay {
    const { queue, cause, by, after } = input;
    if (!exists(this.ctx.storage)) return { replayed: 0, unparseable: 0, next: null };
    const limit = Math.min(input.limit, REPLAY_MAX);
    const letters = this.#table.ofCause(cause, after, limit);
    const { sent } = this.#resend(queue, letters, by);
    const last = letters.length === limit ? letters.at(-1) : undefined;
    return { replayed: sent, unparseable: letters.length - sent, next: last?.seq ?? null };
  }

  discard({ seq, by, why }: { seq: number; by: string; why: string }): DiscardReply {
    const letter = this.read(seq);
    if (!letter) return refuse({ reason: "unknown_letter" });
    if (letter.status === "replayed") return refuse({ reason: "replayed" });
    if (letter.status === "discarded") return ok({ letter: this.#head(seq), repeated: true });
    this.#work.transaction(() => {
      this.#table.settle(seq, "discarded", { at: Date.now(), by, why });
      this.#table.prune();
    });
    log("warn", "dead_letter_discarded", { seq, messageId: letter.messageId, cause: letter.cause, by, why });
    return ok({ letter: this.#head(seq), repeated: false });
  }

  override async alarm(): Promise<void> {
    if (exists(this.ctx.storage)) await this.#work.runDue(Date.now());
  }

  /** The mark and the message's row in the outbox are one transaction: there is no moment at which it is in neither place. */
  #resend(
    queue: QueueName,
    letters: readonly { readonly seq: number; readonly body: string }[],
    by: string,
  ): { readonly sent: number; readonly mismatches: readonly Mismatch[] } {
    const now = Date.now();
    const rows: string[] = [];
    const mismatches: Mismatch[] = [];
    this.#work.transaction(() => {
      for (const { seq, body } of letters) {
        const diagnosis = diagnose(queue, body);
        if (diagnosis.kind === "unparseable") {
          mismatches.push(...diagnosis.mismatches);
          continue;
        }
        rows.push(this.#outbox.put(queue, diagnosis.message, now));
        this.#table.settle(seq, "replayed", { at: now, by, why: "" });
      }
      this.#table.prune();
      this.#work.arm();
    });
    if (rows.length > 0) log("info", "dead_letters_replayed", { queue, count: rows.length, by });
    this.ctx.waitUntil(this.#work.run(rows));
    return { sent: rows.length, mismatches };
  }

  #head(seq: number): LetterHead {
    const letter = this.#table.find(seq);
    if (!letter) throw new Error(`letter ${seq} was pruned as it was dealt with`);
    const { body: _, ...head } = letter;
    return head;
  }
}
