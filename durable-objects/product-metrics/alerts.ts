import type { AlertTold } from "../../src/domain/alerts/alert.ts";
import { AlertWatch } from "../../src/domain/alerts/alert-watch.ts";
import {
  hasRates,
  lookAtProducts,
  type LookReason,
  productValue,
  RATE_SETTLES_MS,
} from "../../src/domain/alerts/product-look.ts";
import type { RuleLease } from "../../src/domain/alerts/rule.ts";
import type { ProductFold } from "../../src/domain/events/product-fold.ts";
import type { SliceSummary } from "../../src/domain/events/summary.ts";
import { DURATION_MS } from "../../src/domain/limits.ts";
import type { LocalDays } from "../../src/domain/local-day.ts";
import { BOOK } from "../alert-book/commands.ts";
import type { Job, JobHandlers, JobResult } from "../job.ts";
import type { DueWork } from "../work.ts";
import type { SliceCommand } from "./commands.ts";

/** A text in SQLite may have 2 MB, and one change of a rule may be about every product of the slice. With the longest names this is half a megabyte. */
const TOLD_PER_ROW = 250;

const TELL = "tell";
const LEASE = "lease";
const LOOK = "look";

interface SliceAlertsTools {
  readonly fold: ProductFold;
  readonly days: LocalDays;
  readonly log: { readonly origin: string; countRows(rows: number): void };
  readonly work: DueWork;
}

/**
 * The alert rules of a slice. They are decided from what a commit has folded and nothing else, so that folding a commit again decides the same again; what there is
 * to tell is written in the transaction of the commit, so that a crash neither loses an alert nor makes two of it.
 */
export class SliceAlerts {
  readonly watch = new AlertWatch();
  readonly #tools: SliceAlertsTools;
  #decided: readonly AlertTold[] = [];
  #countedAt = 0;
  #hasAsked = false;

  constructor(tools: SliceAlertsTools) {
    this.#tools = tools;
  }

  /** What follows from a commit. Of what is folded again after a start nothing is told: that was written when it was first decided. */
  decide(commands: readonly SliceCommand[], now: number): void {
    const look = this.#look(now);
    const told: AlertTold[] = [];
    let reason: LookReason = "commit";
    for (const command of commands) {
      if (command.type === "take") this.#countedAt = now;
      if (command.type === "look" && reason === "commit") reason = "time";
      if (command.type !== "rules") continue;
      reason = "rules";
      told.push(...this.watch.setRules(command.lease, look));
    }
    if (this.watch.rules.length > 0) told.push(...lookAtProducts(this.watch, this.#tools.fold, reason, look));
    this.#decided = told;
  }

  /** Writes what was decided, in the caller's transaction, and sees to it that somebody looks again. Returns the rows to run after it. */
  tell(seq: number, now: number): string[] {
    const { work, log } = this.#tools;
    const started: string[] = [];
    for (let from = 0; from < this.#decided.length; from += TOLD_PER_ROW) {
      const id = `${TELL}:${seq}:${from}`;
      work.put({ id, kind: TELL, payload: this.#decided.slice(from, from + TOLD_PER_ROW) }, now);
      started.push(id);
    }
    this.#decided = [];
    if (this.watch.version === 0) {
      work.dueBy({ id: LEASE, kind: LEASE, dueAt: now + DURATION_MS.takeover }, now);
      // While the book does not answer, commits go on and the alarm asks again.
      if (!this.#hasAsked) started.push(LEASE);
      this.#hasAsked = true;
    }
    // A row, its removal, and the alarm for it.
    log.countRows(started.length * 3);
    const next = this.nextLook(now);
    if (next !== null) work.dueBy({ id: LOOK, kind: LOOK, dueAt: next }, now);
    return started;
  }

  /** When to look though nothing happens: something waits, or a rate may fall without an event. */
  nextLook(now: number): number | null {
    const due = this.watch.nextDue(this.#look(now));
    const isMoving = now - this.#countedAt < RATE_SETTLES_MS && hasRates(this.watch);
    const next = Math.min(due ?? Infinity, isMoving ? now + DURATION_MS.alertLook : Infinity);
    return next === Infinity ? null : next;
  }

  /** Products that have an alert in force. */
  inForce(): number[] {
    return [...this.watch.firing()].flatMap(({ key }) => this.#tools.fold.find(key) ?? []);
  }

  /** What is left of products whose stock has an alert in force, the least first. */
  lowStock(limit: number): SliceSummary["low"][number][] {
    const { fold } = this.#tools;
    const low = new Map<string, SliceSummary["low"][number]>();
    for (const { key: sku, watched } of this.watch.firing("stock.available")) {
      const number = fold.find(sku);
      const available = number === undefined ? undefined : productValue(fold, number, "stock.available", 0);
      const name = number === undefined ? undefined : fold.products[number]?.name;
      const since = Math.min(watched.since, low.get(sku)?.since ?? Infinity);
      if (available !== undefined) low.set(sku, { sku, name: name ?? sku, available, since });
    }
    return [...low.values()].toSorted((a, b) => a.available - b.available || b.since - a.since).slice(0, limit);
  }

  #look(now: number) {
    const { log, days } = this.#tools;
    return { source: log.origin, now, minute: () => days.minuteOfDay(now) };
  }
}

/** What a slice does for its alerts when it is due. */
export function alertHandlers(
  env: Pick<ObjectsEnv, "ALERT_BOOK">,
  slice: {
    readonly takeRules: (lease: RuleLease) => Promise<void>;
    readonly look: () => Promise<number | null>;
  },
): JobHandlers {
  const book = () => env.ALERT_BOOK.getByName(BOOK);
  return {
    [TELL]: async (jobs) => {
      // One call for each: together they may be more than a call takes. What was taken when one fails is told again, which the book knows.
      for (const job of jobs) await book().take(toldIn(job));
      return "done";
    },
    [LEASE]: async () => {
      await slice.takeRules(await book().lease());
      return "done";
    },
    [LOOK]: async (): Promise<JobResult> => {
      const next = await slice.look();
      return next === null ? "done" : { again: next };
    },
  };
}

// SAFETY: rows of this kind are only written by `SliceAlerts.tell`.
const toldIn = ({ payload }: Job): AlertTold[] => JSON.parse(payload) as AlertTold[];
