import type { Ledger } from "../../../bench/events/ledger.ts";
import type { Books } from "./plan.ts";

/** A figure of the shop beside what it must be. */
export interface Line {
  readonly what: string;
  readonly expected: number;
  readonly found: number;
}

export interface Observed {
  readonly ledger: Ledger;
  /** Product views that the shop counted, by SKU, as the products tell it. */
  readonly views: ReadonlyMap<string, number>;
  /** Events that the queue took, each message counted once: those of a request without an answer may have been taken before it was sent again. */
  readonly queued: number;
}

/** Every figure that must agree. A request that was taken twice adds to what was received and to the duplicates, and to nothing else. */
export function compare(books: Books, { ledger, views, queued }: Observed): Line[] {
  const line = (what: string, expected: number, found: number): Line => ({ what, expected, found });
  const twice = queued - books.received;
  const reasons = new Set([...books.rejectedBy.keys(), ...ledger.rejected_by.map(({ reason }) => reason)]);
  const counted = new Map(ledger.rejected_by.map(({ reason, count }) => [reason, count]));
  const expectedBy = new Map<string, number>(books.rejectedBy);
  const skus = [...new Set([...books.views.keys(), ...views.keys()])];
  const wrongSkus = skus.filter((sku) => (books.views.get(sku) ?? 0) !== (views.get(sku) ?? 0));
  const sum = (all: ReadonlyMap<string, number>): number => [...all.values()].reduce((whole, part) => whole + part, 0);
  return [
    line("received", queued, ledger.received),
    line("applied", books.applied, ledger.applied),
    line("duplicate", books.duplicate + twice, ledger.duplicate),
    line("late", books.late, ledger.late),
    line("rejected", books.rejected, ledger.rejected),
    ...[...reasons].map((reason) => line(`  ${reason}`, expectedBy.get(reason) ?? 0, counted.get(reason) ?? 0)),
    line("pending", 0, ledger.pending),
    line("received less all of these", 0, ledger.received - sumOf(ledger)),
    line("views of all products", sum(books.views), sum(views)),
    line("  products whose views are wrong", 0, wrongSkus.length),
  ];
}

const sumOf = ({ applied, duplicate, late, rejected, pending }: Ledger): number =>
  applied + duplicate + late + rejected + pending;

export const isRight = ({ expected, found }: Line): boolean => found === expected;

/** In sentences: what does not agree. */
export const wrongsOf = (lines: readonly Line[]): string[] =>
  lines
    .filter((line) => !isRight(line))
    .map(({ what, expected, found }) => `${what.trim()}: ${found}, and it must be ${expected}`);
