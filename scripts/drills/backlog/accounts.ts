import type { Finding } from "../../audit/finding.ts";
import { untoldOf } from "../untold.ts";

/** What became of the orders that were accepted, as the shop and the payment provider tell it. */
export interface Accounts {
  readonly accepted: number;
  /** Orders in the shop. */
  readonly orders: number;
  readonly paid: number;
  /** PaymentIntents that took money. */
  readonly charges: number;
  /** Accepted orders that are not paid, though every shopper's card is good. */
  readonly lost: readonly string[];
  /** Orders in the shop that no shopper was told of. A shopper who gets no answer ends the drill, so there is an order too many. */
  readonly untold: readonly string[];
  /** Orders that took money more than once. */
  readonly doubled: readonly string[];
  readonly deadLetters: number;
  readonly balanced: boolean;
}

export function accountsOf(accepted: readonly string[], { snapshot, verdict }: Finding): Accounts {
  const { orders, intents, metrics } = snapshot;
  const paid = new Set(orders.flatMap(({ id, object }) => (object?.order.status === "paid" ? [id] : [])));
  const charges = intents.filter(({ received }) => received > 0);
  const byOrder = Map.groupBy(charges, ({ orderId }) => orderId ?? "");
  return {
    accepted: accepted.length,
    orders: orders.length,
    paid: paid.size,
    charges: charges.length,
    lost: accepted.filter((id) => !paid.has(id)),
    untold: untoldOf(orders, accepted),
    doubled: [...byOrder].flatMap(([id, own]) => (own.length > 1 ? [id] : [])),
    deadLetters: metrics.dead_letters.reduce((sum, { count }) => sum + count, 0),
    balanced: verdict.balanced,
  };
}

/** The invariants of the drill in sentences: what is not true of them. */
export function wrongsOf({ accepted, lost, untold, doubled, deadLetters, balanced }: Accounts): string[] {
  const say = (isWrong: boolean, sentence: string): string[] => (isWrong ? [sentence] : []);
  return [
    ...say(accepted === 0, "no order was accepted"),
    ...say(lost.length > 0, `${lost.length} of ${accepted} accepted orders are not paid, e.g. ${lost[0]}`),
    ...say(untold.length > 0, `${untold.length} orders were made that nobody was told of, e.g. ${untold[0]}`),
    ...say(doubled.length > 0, `${doubled.length} orders were charged more than once, e.g. ${doubled[0]}`),
    ...say(deadLetters > 0, `${deadLetters} messages ended as dead letters`),
    ...say(!balanced, "the audit does not balance"),
  ];
}
