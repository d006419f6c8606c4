import type { Finding } from "../../audit/finding.ts";
import { untoldOf } from "../untold.ts";
import type { Kind } from "./plan.ts";
import type { Accepted } from "./shoppers.ts";

/** How an order may end. A charge that failed before its effect three times in a row ends any order, and rightly so. */
const ENDS: Readonly<Record<Kind, readonly string[]>> = {
  good_card: ["paid", "payment_failed"],
  scarce: ["paid", "payment_failed"],
  browser: ["paid", "payment_failed"],
  bad_card: ["payment_failed"],
  // A charge that comes after the cancellation goes back.
  canceled: ["canceled", "refunded"],
  refunded: ["partially_refunded", "payment_failed"],
};
/** How one may that was to be canceled, when the shopper was told that it is too late for that. */
const NOT_CANCELED: readonly string[] = ["paid", "payment_failed", "refunded"];
/** Orders that may end unpaid by bad luck alone: one in a thousand is to be expected, see `CHARGE_FAULTS`. */
const GIVEN_UP_MAX = 0.01;

export interface Accounts {
  readonly accepted: number;
  readonly charges: number;
  /** Accepted, and not ended as it may. */
  readonly lost: readonly string[];
  /** In the shop, and no shopper was told of it: everybody asks under one key until there is an answer, so it is one order too many. */
  readonly untold: readonly string[];
  /** Orders for which money was taken more than once. */
  readonly doubled: readonly string[];
  /** Orders of a good card that ended unpaid. */
  readonly givenUp: number;
  readonly deadLetters: number;
  readonly balanced: boolean;
}

export function accountsOf(accepted: readonly Accepted[], { snapshot, verdict }: Finding): Accounts {
  const { orders, intents, metrics } = snapshot;
  const states = new Map(orders.map(({ id, object }) => [id, object?.order.status ?? "unknown"]));
  // Of orders of this shop; a monolith beside it charges through the same account, and the audit looks for what names none.
  const charges = intents.filter(({ received, orderId }) => received > 0 && orderId !== undefined);
  const byOrder = Map.groupBy(charges, ({ orderId }) => orderId ?? "");
  return {
    accepted: accepted.length,
    charges: charges.length,
    lost: accepted.flatMap((order) => {
      const { id, kind } = order;
      const state = states.get(id) ?? "unknown";
      return endsOf(order).includes(state) ? [] : [`${id} (${kind}) is ${state}`];
    }),
    untold: untoldOf(
      orders,
      accepted.map(({ id }) => id),
    ),
    doubled: [...byOrder].flatMap(([id, own]) => (own.length > 1 ? [id] : [])),
    givenUp: accepted.filter(({ id, kind }) => kind !== "bad_card" && states.get(id) === "payment_failed").length,
    deadLetters: metrics.dead_letters.reduce((sum, { count }) => sum + count, 0),
    balanced: verdict.balanced,
  };
}

const endsOf = ({ kind, wasTooLate = false }: Accepted): readonly string[] => (wasTooLate ? NOT_CANCELED : ENDS[kind]);

/** What is not as it must be, in sentences. */
export function wrongsOf(accounts: Accounts): string[] {
  const { accepted, lost, untold, doubled, givenUp, deadLetters, balanced } = accounts;
  const say = (isWrong: boolean, sentence: string): string[] => (isWrong ? [sentence] : []);
  return [
    ...say(accepted === 0, "no order was accepted"),
    ...say(lost.length > 0, `${lost.length} of ${accepted} accepted orders did not end as they may: ${lost[0]}`),
    ...say(untold.length > 0, `${untold.length} orders were made that nobody was told of, e.g. ${untold[0]}`),
    ...say(doubled.length > 0, `${doubled.length} orders were charged more than once, e.g. ${doubled[0]}`),
    ...say(givenUp > Math.max(1, accepted * GIVEN_UP_MAX), `${givenUp} orders with a good card ended unpaid`),
    ...say(deadLetters > 0, `${deadLetters} messages ended as dead letters`),
    ...say(!balanced, "the audit does not balance"),
  ];
}
