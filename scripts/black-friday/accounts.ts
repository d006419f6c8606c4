import type { Ledger } from "../../bench/events/ledger.ts";
import type { Finding } from "../audit/finding.ts";
import { untoldOf } from "../drills/untold.ts";
import type { Outcome } from "./messages.ts";
import type { Card } from "./plan.ts";
import type { Faults } from "./settings.ts";

/** How an order may end, by its card. A shopper who had left when the bank asked leaves an order that waits for its expiry, and a long day sees it expire. */
const ENDS: Readonly<Record<Card, readonly string[]>> = {
  good: ["paid"],
  declined: ["payment_failed"],
  authenticated: ["paid", "requires_action", "expired"],
  not_authenticated: ["payment_failed", "requires_action", "expired"],
};
/** Cards that pay, one way or the other. */
const PAYING: ReadonlySet<Card> = new Set(["good", "authenticated"]);
/** With a provider in trouble a charge that failed three times before its effect ends any order unpaid, rightly and rarely. Without, nothing does. */
const GIVEN_UP_MAX = 0.01;

export interface Accounts {
  /** Orders that a shopper was told of. */
  readonly accepted: number;
  /** Orders in the shop; more when an answer did not reach its shopper. */
  readonly orders: number;
  /** Those that no shopper was told of. In a shop that others use as well they may be theirs, and none is named. */
  readonly untold: readonly string[];
  /** So many may be: checkouts that were given up on without an answer, and shoppers who were still inside when the day was over. */
  readonly unheard: number;
  readonly paid: number;
  readonly charges: number;
  /** Accepted, and not ended as they may: with what became of them. */
  readonly lost: readonly string[];
  /** Orders that took money more than once. */
  readonly doubled: readonly string[];
  /** Units that were sold or are held and never existed, by SKU; added up from the orders, not from what stock says of itself. */
  readonly oversold: readonly { readonly sku: string; readonly units: number }[];
  /** Orders of a card that pays which ended unpaid, and how many may. */
  readonly unpaid: number;
  readonly unpaidMax: number;
  readonly deadLetters: number;
  readonly balanced: boolean;
  /** Events that were acknowledged and are counted nowhere; events that count twice. `null` in a shop that others use as well. */
  readonly events: { readonly lost: number; readonly doubled: number; readonly rejected: number } | null;
}

export interface Circumstances {
  /** `null` in a shop that others use as well. */
  readonly ledger: Ledger | null;
  readonly faults: Faults;
}

export function accountsOf(
  outcome: Outcome,
  { snapshot, verdict }: Finding,
  { ledger, faults }: Circumstances,
): Accounts {
  const { orders, intents, metrics } = snapshot;
  const states = new Map(orders.map(({ id, object }) => [id, object?.order.status ?? "unknown"]));
  const charges = intents.filter(({ received }) => received > 0);
  const byOrder = Map.groupBy(charges, ({ orderId }) => orderId ?? "");
  const isUnpaid = (order: string): boolean => states.get(order) === "payment_failed";
  return {
    accepted: outcome.accepted.length,
    orders: orders.length,
    untold:
      ledger === null
        ? []
        : untoldOf(
            orders,
            outcome.accepted.map(({ order }) => order),
          ),
    unheard: outcome.unanswered_checkouts.length + (outcome.endings["still_inside"] ?? 0),
    paid: [...states.values()].filter((state) => state === "paid").length,
    charges: charges.length,
    lost: outcome.accepted.flatMap(({ order, card }) => {
      const state = states.get(order) ?? "unknown";
      return ENDS[card].includes(state) || isUnpaid(order) ? [] : [`${order} (${card} card) is ${state}`];
    }),
    doubled: [...byOrder].flatMap(([id, own]) => (id !== "" && own.length > 1 ? [id] : [])),
    oversold: oversoldIn(snapshot),
    unpaid: outcome.accepted.filter(({ order, card }) => PAYING.has(card) && isUnpaid(order)).length,
    unpaidMax: faults === "provider" ? outcome.accepted.length * GIVEN_UP_MAX : 0,
    deadLetters: metrics.dead_letters.reduce((sum, { count }) => sum + count, 0),
    balanced: verdict.balanced,
    events: ledger && eventsIn(outcome, ledger),
  };
}

function oversoldIn({ orders, stock }: Finding["snapshot"]): Accounts["oversold"] {
  const promised = new Map<string, number>();
  for (const { object } of orders) {
    if (!object || object.order.stock === "released" || object.order.stock === "reserving") continue;
    for (const { sku, quantity } of object.order.lines) promised.set(sku, (promised.get(sku) ?? 0) + quantity);
  }
  return stock.flatMap(({ level: { sku, received } }) => {
    const units = (promised.get(sku) ?? 0) - received;
    return units > 0 ? [{ sku, units }] : [];
  });
}

/** What was sent again under its id and counted once is a duplicate, and neither. */
function eventsIn({ counts }: Outcome, { applied, late, rejected, pending }: Ledger): NonNullable<Accounts["events"]> {
  const counted = applied + late + rejected + pending;
  return {
    lost: Math.max(0, counts.events_acknowledged - counted),
    doubled: Math.max(0, counted - counts.events_sent),
    rejected,
  };
}

/** What is not as it must be, in sentences. Speed is none of it. */
export function wrongsOf(accounts: Accounts, twoOrders: number): string[] {
  const { accepted, lost, untold, unheard, doubled, oversold, unpaid, unpaidMax } = accounts;
  const { deadLetters, balanced, events } = accounts;
  const say = (isWrong: boolean, sentence: string): string[] => (isWrong ? [sentence] : []);
  const units = oversold.reduce((sum, one) => sum + one.units, 0);
  return [
    ...say(accepted === 0, "no order was accepted"),
    ...say(lost.length > 0, `${lost.length} of ${accepted} accepted orders did not end as they may, e.g. ${lost[0]}`),
    ...say(
      untold.length > unheard,
      `${untold.length} orders were made that nobody was told of, e.g. ${untold[0]}, and ${unheard} shoppers may not have heard`,
    ),
    ...say(doubled.length > 0, `${doubled.length} orders were charged more than once, e.g. ${doubled[0]}`),
    ...say(twoOrders > 0, `${twoOrders} checkouts became two orders under one key`),
    ...say(units > 0, `${units} units were sold that never existed, e.g. of ${oversold[0]?.sku}`),
    ...say(
      unpaid > unpaidMax,
      `${unpaid} orders of a card that pays ended unpaid, of which ${Math.floor(unpaidMax)} may`,
    ),
    ...say((events?.lost ?? 0) > 0, `${events?.lost} acknowledged events are counted nowhere`),
    ...say((events?.doubled ?? 0) > 0, `${events?.doubled} events count twice`),
    ...say(deadLetters > 0, `${deadLetters} messages ended as dead letters`),
    ...say(!balanced, "the audit does not balance"),
  ];
}
