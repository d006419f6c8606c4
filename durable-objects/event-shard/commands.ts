import type { ShardFact } from "../../src/domain/events/facts.ts";
import type { MoneyTotals, Outcome } from "../../src/domain/events/ledger.ts";
import type { ShardPart } from "../../src/domain/events/part.ts";

export interface ApplyRequest {
  readonly part?: ShardPart | undefined;
  readonly facts: readonly ShardFact[];
}

/** What became of the rows. Rows of a batch that was applied before are in none of these. */
export type ApplyReply = Readonly<Outcome>;

/** For `npm run audit`: all that was ever counted, and all money, minor units per currency. */
export interface ShardAudit {
  readonly name: string;
  readonly ledger: ApplyReply & { readonly pending: number };
  readonly money: { readonly own: Totals; readonly reported: Totals };
  /** What the orders' rows add up to; the same as `money`, unless something is wrong. */
  readonly rows: { readonly own: Totals; readonly reported: Totals };
  /** Deltas that no slice has confirmed yet. */
  readonly unpushed: number;
}

export type Totals = Readonly<Record<string, MoneyTotals>>;
