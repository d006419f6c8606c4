import type { EventsMessage } from "../messages.ts";
import { FUNNEL_STEPS } from "../live.ts";
import { LocalDays } from "../local-day.ts";
import { EVENT_KINDS, NO_LABEL } from "./columns.ts";
import { type DeltaTable, PRODUCT_ADDS, PRODUCT_CHECKOUTS, PRODUCT_VIEWS } from "./deltas.ts";
import { FirstSeen } from "./first-seen.ts";
import { hash64 } from "./hash.ts";
import { bucketOf } from "./id-columns.ts";
import type { IdMemory } from "./id-memory.ts";
import { Ledger, type LedgerState, noOutcome, type Outcome } from "./ledger.ts";
import {
  ABANDONED,
  ADDS,
  CHECKOUTS,
  MINUTE_MS,
  type MinuteColumns,
  MinuteMoneyBook,
  minuteOf,
  MinuteRing,
  VIEWS,
} from "./minutes.ts";
import { type MoneyEffect, type MoneyFact, startOf } from "./order-money.ts";
import { OutgoingSlices, type OutgoingState } from "./outgoing.ts";
import type { ShardPart } from "./part.ts";
import { Receipts } from "./receipts.ts";
import { NO_STEP, type SessionColumns, SESSION_IDLE_MS, Sessions } from "./sessions.ts";
import type { MinuteMoney } from "./summary.ts";
import { type DaySketch, DayUniques } from "./uniques.ts";

export const DAY_MS = 86_400_000;

export type CartFact = Extract<EventsMessage, { readonly type: "cart.added" | "cart.abandoned" }>;

/** How a commit was counted. Stored with it, so that it counts the same when it is folded again under another configuration. */
export interface FoldConfig {
  readonly slices: number;
  /** Whether what is put into carts is told by our own carts or by the browser. */
  readonly cartFacts: "own" | "client";
}

export interface FoldState {
  readonly ledger: LedgerState;
  readonly minutes: MinuteColumns;
  readonly money: readonly MinuteMoney[];
  readonly sessions: SessionColumns;
  readonly uniques: readonly DaySketch[];
  readonly outgoing: readonly OutgoingState[];
}

const OTHER = EVENT_KINDS.indexOf("other");
const VIEW = EVENT_KINDS.indexOf("view");
const ADD = EVENT_KINDS.indexOf("add");
const CHECKOUT = EVENT_KINDS.indexOf("checkout");
const REJECTED = EVENT_KINDS.indexOf("rejected");

/** The step of the funnel per kind of event, and per fact about an order. */
const STEPS = Int8Array.from(EVENT_KINDS, (kind) => FUNNEL_STEPS.findIndex((step) => step === kind));
const FUNNEL_FACTS: Readonly<Partial<Record<MoneyFact["type"], number>>> = {
  "order.placed": FUNNEL_STEPS.indexOf("checkout"),
  "order.paid": FUNNEL_STEPS.indexOf("purchase"),
  "order.reported": FUNNEL_STEPS.indexOf("purchase"),
};

/**
 * All that one shard knows, in memory: counts each row once and adds it up. Folding is deterministic, so that what was logged gives the same
 * state again after a crash. Rows are columns throughout; nothing is allocated per event.
 */
export class ShardFold {
  readonly days: LocalDays;
  readonly ids: IdMemory;
  readonly ledger = new Ledger();
  readonly minutes = new MinuteRing();
  readonly money = new MinuteMoneyBook();
  readonly sessions: Sessions;
  readonly uniques: DayUniques;
  readonly outgoing = new OutgoingSlices();
  readonly receipts = new Receipts();
  #version = 0;
  #now = 0;
  #config: FoldConfig = { slices: 1, cartFacts: "own" };

  constructor(options: { readonly ids: IdMemory; readonly salt: number; readonly timeZone: string }) {
    this.days = new LocalDays(options.timeZone);
    this.ids = options.ids;
    this.sessions = new Sessions(options.salt);
    this.uniques = new DayUniques(this.days);
  }

  /** Grows with every commit. */
  get version(): number {
    return this.#version;
  }

  /** Begins a commit: its number, when it was made, and how it counts. */
  begin(commit: number, now: number, config: FoldConfig): void {
    this.#version = commit;
    this.#now = now;
    this.#config = config;
  }

  /** The rows of a commit; answers what became of each part's. */
  applyParts(parts: readonly (ShardPart | undefined)[]): Outcome[] {
    const seen = new FirstSeen(this.ids, parts);
    return parts.map((part) => (part ? this.#applyPart(part, seen) : noOutcome()));
  }

  /** A fact of a cart. Its id is the same however often it is sent. */
  applyCart(fact: CartFact): void {
    const { high, low } = hash64(fact.id);
    if (!this.ids.add(bucketOf(fact.at), high, low)) return;
    if (fact.at < this.#now - DAY_MS) {
      this.ledger.countFact(`${fact.type}.late`, fact.at);
      return;
    }
    this.ledger.countFact(fact.type, fact.at);
    const minute = minuteOf(Math.min(fact.at, this.#now));
    const open = this.minutes.open(minute, this.#version);
    if (open < 0) return;
    if (fact.type === "cart.abandoned") {
      this.minutes.count(open, ABANDONED);
      const change = { captured: 0, refunded: 0, orders: 0, units: 0, abandonedValue: fact.value };
      this.money.add(minute, fact.currency, change, this.#version);
      return;
    }
    if (this.#config.cartFacts === "own") {
      this.minutes.count(open, ADDS);
      const table = this.#tableOf(fact.sku);
      table.count(table.productOf(fact.sku), minute, PRODUCT_ADDS);
    }
    if (fact.visitorId !== undefined) this.#touch(fact.visitorId, fact.at, STEPS[ADD] ?? NO_STEP);
  }

  /** What a fact about money changed, as it was decided against the order's own row. */
  applyMoney(effect: MoneyEffect): void {
    if (effect.isNew) this.ledger.countFact(effect.type, effect.at);
    this.ledger.addMoney(effect);
    // Money that is told later than minutes are open is shown when it is told: it must not be missing.
    const isOpen = effect.at > this.#now - 2 * DAY_MS && effect.at < this.#now + MINUTE_MS;
    const minute = minuteOf(isOpen ? effect.at : this.#now);
    const { captured, refunded, orders, units, currency } = effect;
    if (captured !== 0 || refunded !== 0 || orders !== 0) {
      this.money.add(minute, currency, { captured, refunded, orders, units, abandonedValue: 0 }, this.#version);
    }
    for (const product of effect.products) {
      this.#tableOf(product.sku).addMoney({ ...product, minute, currency });
    }
    if (this.#config.cartFacts !== "own" || effect.checkedOut.length === 0 || effect.at < this.#now - DAY_MS) return;
    const open = this.minutes.open(minute, this.#version);
    if (open >= 0) this.minutes.count(open, CHECKOUTS);
    for (const sku of effect.checkedOut) {
      const table = this.#tableOf(sku);
      table.count(table.productOf(sku), minute, PRODUCT_CHECKOUTS);
    }
  }

  /**
   * How far an order brought its visitor. Its time is that of the order, so a fact that is told again, even years later, is the same step; an order that is
   * paid more than a day after it was placed was not paid in that session.
   */
  applyFunnel(fact: MoneyFact): void {
    const step = FUNNEL_FACTS[fact.type];
    if (fact.visitorId === undefined || step === undefined) return;
    const at = startOf(fact);
    if (at < this.#now - DAY_MS) return;
    const { high, low } = hash64(`funnel:${fact.id}`);
    if (this.ids.add(bucketOf(at), high, low)) this.#touch(fact.visitorId, at, step);
  }

  save(now: number): FoldState {
    // A straggler that comes more than half an hour late begins a session of its own.
    this.sessions.sweep(now - 2 * SESSION_IDLE_MS);
    return {
      ledger: this.ledger.save(),
      minutes: this.minutes.columns(),
      money: this.money.keep(minuteOf(now - 3 * DAY_MS)),
      sessions: this.sessions.columns(),
      uniques: this.uniques.save(),
      outgoing: this.outgoing.all().map((outgoing) => outgoing.save()),
    };
  }

  restore(state: FoldState, commit: number, now: number): void {
    this.#version = commit;
    this.ledger.restore(state.ledger);
    this.minutes.restore(state.minutes, commit);
    this.money.restore(state.money, commit);
    this.sessions.restore(state.sessions);
    this.uniques.restore(state.uniques, now, commit);
    for (const saved of state.outgoing) this.outgoing.of(saved.slice).restore(saved);
  }

  #applyPart(part: ShardPart, seen: FirstSeen): Outcome {
    const outcome = noOutcome();
    const products = new LabelProducts(part.labels, this.outgoing, this.#config.slices, this.#version, this.#now);
    let row = 0;
    for (let batch = 0; batch < part.end.length; batch++) {
      const end = part.end[batch] ?? row;
      const receivedAt = part.receivedAt[batch] ?? 0;
      // A message that the queue delivers again is known as a whole: its rows were received once.
      if (seen.nextBatch()) {
        outcome.received += end - row;
        this.receipts.note(this.#version, receivedAt, end - row);
        // Of what comes later than ids are remembered nobody can tell whether it was counted.
        const openFrom = receivedAt < this.#now - DAY_MS ? Infinity : receivedAt - DAY_MS;
        for (; row < end; row++) {
          if (seen.nextRow()) this.#applyRow(part, row, receivedAt, openFrom, products, outcome);
          else outcome.duplicate++;
        }
      }
      row = end;
    }
    this.ledger.add(outcome);
    return outcome;
  }

  #applyRow(
    part: ShardPart,
    row: number,
    receivedAt: number,
    openFrom: number,
    products: LabelProducts,
    outcome: Outcome,
  ): void {
    const kind = part.kind[row] ?? OTHER;
    if (kind === REJECTED) {
      outcome.rejected++;
      this.ledger.reject(part.labels[part.label[row] ?? NO_LABEL]);
      return;
    }
    const at = Math.min(part.at[row] ?? 0, receivedAt);
    const minute = minuteOf(at);
    const open = at >= openFrom ? this.minutes.open(minute, this.#version) : -1;
    if (open < 0) {
      outcome.late++;
      return;
    }
    outcome.applied++;
    const column = columnOf(kind, this.#config.cartFacts);
    if (column >= 0) {
      this.minutes.count(open, column);
      const label = part.label[row] ?? NO_LABEL;
      if (label !== NO_LABEL) products.count(label, minute, column);
    }
    const high = part.visitorHigh[row] ?? 0;
    const low = part.visitorLow[row] ?? 0;
    const steps = this.sessions.touch(high, low, at, STEPS[kind] ?? NO_STEP);
    if (steps !== 0) this.minutes.countSteps(open, steps);
    this.uniques.add(high, low, at, this.#version);
  }

  #touch(visitorId: string, at: number, step: number): void {
    const { high, low } = hash64(visitorId);
    const steps = this.sessions.touch(high, low, at, step);
    const open = this.minutes.open(minuteOf(at), this.#version);
    if (open >= 0) this.minutes.countSteps(open, steps);
    this.uniques.add(high, low, at, this.#version);
  }

  #tableOf(sku: string): DeltaTable {
    return this.outgoing.forSku(sku, this.#config.slices).table(this.#version, this.#now);
  }
}

/** The counter of a kind of event, of a minute and of a product alike; -1 when events of that kind are not counted here. */
function columnOf(kind: number, cartFacts: FoldConfig["cartFacts"]): number {
  if (kind === VIEW) return VIEWS;
  if (cartFacts === "own") return -1;
  return kind === ADD ? ADDS : kind === CHECKOUT ? CHECKOUTS : -1;
}

/** The counters that are both of a minute and of a product have the same numbers. */
const SAME_COLUMNS = PRODUCT_VIEWS === VIEWS && PRODUCT_ADDS === ADDS && PRODUCT_CHECKOUTS === CHECKOUTS;
if (!SAME_COLUMNS) throw new Error("the counters of minutes and of products have come apart");

/** Where the products of a part's labels are counted; each label is looked up once, however many rows have it. */
class LabelProducts {
  readonly #labels: readonly string[];
  readonly #product: Int32Array;
  readonly #table: (DeltaTable | undefined)[];
  readonly #find: (sku: string) => DeltaTable;

  constructor(labels: readonly string[], outgoing: OutgoingSlices, slices: number, commit: number, now: number) {
    this.#labels = labels;
    this.#product = new Int32Array(labels.length);
    this.#table = Array.from({ length: labels.length });
    this.#find = (sku) => outgoing.forSku(sku, slices).table(commit, now);
  }

  count(label: number, minute: number, column: number): void {
    let table = this.#table[label];
    if (!table) {
      const sku = this.#labels[label];
      if (sku === undefined) return;
      table = this.#table[label] = this.#find(sku);
      this.#product[label] = table.productOf(sku);
    }
    table.count(this.#product[label] ?? 0, minute, column);
  }
}
