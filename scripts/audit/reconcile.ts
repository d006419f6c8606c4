import type { Check } from "./check.ts";
import { checkAnalytics } from "./analytics.ts";
import { checkDelivery } from "./delivery.ts";
import { checkMoney } from "./money.ts";
import { checkIntents } from "./intents.ts";
import { checkStock } from "./stock.ts";
import type { Snapshot } from "./snapshot.ts";

export interface Verdict {
  readonly balanced: boolean;
  readonly checks: readonly Check[];
  /** Not wrong, but worth knowing: dead letters, payments of somebody else. */
  readonly notes: readonly string[];
}

/** Holds the shop against the invariants of docs/architecture.md. No I/O: the same snapshot always gets the same verdict. */
export function reconcile(snapshot: Snapshot): Verdict {
  const checks = [
    ...checkStock(snapshot),
    ...checkMoney(snapshot),
    ...checkIntents(snapshot),
    ...checkAnalytics(snapshot),
    ...checkDelivery(snapshot),
  ];
  return { balanced: checks.every(({ wrong }) => wrong.length === 0), checks, notes: notesOn(snapshot) };
}

function notesOn({ intents, metrics }: Snapshot): string[] {
  const foreign = intents.filter(({ orderId }) => orderId === undefined);
  const notes = metrics.dead_letters
    .filter(({ count }) => count > 0)
    .map(({ queue, count }) => `${count} dead letter${count === 1 ? "" : "s"} in ${queue} (kept, accounted for)`);
  if (foreign.length > 0) {
    notes.push(`${foreign.length} PaymentIntents without an order_id are not this shop's, e.g. ${foreign[0]?.id}`);
  }
  return notes;
}
