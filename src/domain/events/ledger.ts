import { REJECT_REASONS } from "./columns.ts";
import type { MoneyEffect } from "./order-money.ts";
import type { ShardLedger } from "./summary.ts";

/** What became of rows that were handed in. */
export interface Outcome {
  received: number;
  applied: number;
  duplicate: number;
  late: number;
  rejected: number;
}

export const noOutcome = (): Outcome => ({ received: 0, applied: 0, duplicate: 0, late: 0, rejected: 0 });

export function sumOf(outcomes: readonly Readonly<Outcome>[]): Outcome {
  const sum = noOutcome();
  for (const { received, applied, duplicate, late, rejected } of outcomes) {
    sum.received += received;
    sum.applied += applied;
    sum.duplicate += duplicate;
    sum.late += late;
    sum.rejected += rejected;
  }
  return sum;
}

export interface MoneyTotals {
  readonly captured: number;
  readonly refunded: number;
  readonly orders: number;
  /** The part of captured less refunded that belongs to products; the rest is shipping and tax. */
  readonly goods: number;
}

/** Of all time, per currency: from the shop's own orders, and from orders of other systems that were reported. */
export interface LedgerState {
  readonly outcome: Outcome;
  readonly rejectedBy: Readonly<Record<string, number>>;
  readonly facts: ShardLedger["facts"];
  readonly own: Readonly<Record<string, MoneyTotals>>;
  readonly reported: Readonly<Record<string, MoneyTotals>>;
}

const REASONS = new Set<string>(REJECT_REASONS);

/** All that a shard has ever counted. Every row that is received is in exactly one of the others. */
export class Ledger {
  readonly outcome = noOutcome();
  readonly #rejectedBy = new Map<string, number>();
  readonly #facts = new Map<string, { count: number; lastAt: number }>();
  readonly #own = new Map<string, MoneyTotals>();
  readonly #reported = new Map<string, MoneyTotals>();

  add(outcome: Outcome): void {
    this.outcome.received += outcome.received;
    this.outcome.applied += outcome.applied;
    this.outcome.duplicate += outcome.duplicate;
    this.outcome.late += outcome.late;
    this.outcome.rejected += outcome.rejected;
  }

  reject(reason: string | undefined): void {
    // Only our own words: a reason out of a message must not become a name of a counter.
    const name = reason !== undefined && REASONS.has(reason) ? reason : "unknown";
    this.#rejectedBy.set(name, (this.#rejectedBy.get(name) ?? 0) + 1);
  }

  countFact(type: string, at: number): void {
    const known = this.#facts.get(type);
    this.#facts.set(type, { count: (known?.count ?? 0) + 1, lastAt: Math.max(known?.lastAt ?? 0, at) });
  }

  addMoney({ isOwn, currency, captured, refunded, orders, goods }: MoneyEffect): void {
    if (captured === 0 && refunded === 0 && orders === 0 && goods === 0) return;
    const book = isOwn ? this.#own : this.#reported;
    const before = book.get(currency) ?? { captured: 0, refunded: 0, orders: 0, goods: 0 };
    book.set(currency, {
      captured: before.captured + captured,
      refunded: before.refunded + refunded,
      orders: before.orders + orders,
      goods: before.goods + goods,
    });
  }

  save(): LedgerState {
    const facts = [...this.#facts].map(([type, { count, lastAt }]) => ({ type, count, lastAt }));
    return {
      outcome: { ...this.outcome },
      rejectedBy: Object.fromEntries(this.#rejectedBy),
      facts: facts.toSorted((a, b) => (a.type < b.type ? -1 : 1)),
      own: Object.fromEntries(this.#own),
      reported: Object.fromEntries(this.#reported),
    };
  }

  restore({ outcome, rejectedBy, facts, own, reported }: LedgerState): void {
    this.add(outcome);
    for (const [reason, count] of Object.entries(rejectedBy)) this.#rejectedBy.set(reason, count);
    for (const { type, count, lastAt } of facts) this.#facts.set(type, { count, lastAt });
    for (const [currency, totals] of Object.entries(own)) this.#own.set(currency, totals);
    for (const [currency, totals] of Object.entries(reported)) this.#reported.set(currency, totals);
  }
}
