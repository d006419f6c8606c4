import { DURATION_MS } from "./limits.ts";
import { paymentAfter } from "./order-payment.ts";
import type { LedgerEntry, Order, OrderEvent, OrderState, Payment, StockPhase } from "./order-record.ts";

/** What must happen beside the change of state. The object turns each into a row of work in the same transaction. */
export type Effect =
  | "charge"
  | "cancel_intent"
  | "look_up"
  | "refund"
  | "claim_stock"
  | "release_stock"
  | "restock"
  | "reopen_cart"
  | "start_expiry"
  | "recheck_expiry"
  | "stop_expiry"
  | "project"
  | "announce_placed"
  | "announce_paid"
  | "announce_closed"
  | "announce_refunded"
  | "alert_person";

/** A condition on the order and the event, by name, so that the table reads as data. */
type Guard = keyof typeof GUARDS;

export interface Rule {
  readonly from: readonly OrderState[];
  readonly on: OrderEvent["type"];
  readonly when?: Guard;
  /** Absent: the state stays, only the effects and the payment's details change. */
  readonly to?: OrderState;
  readonly stock?: StockPhase;
  readonly effects: readonly Effect[];
}

/** A payment that definitely did not happen is tried this often in all, each try under its own key. */
export const CHARGE_ATTEMPTS = 3;

const UNPAID = ["awaiting_payment", "requires_action"] as const satisfies readonly OrderState[];
/** Given up for want of payment: money that still arrives buys the goods if there are any left. */
const LAPSED = ["expired", "payment_failed"] as const satisfies readonly OrderState[];
/** Ended on purpose: money that still arrives goes back. */
const REFUSED = ["canceled", "rejected"] as const satisfies readonly OrderState[];
const PAID = [
  "paid",
  "partially_fulfilled",
  "fulfilled",
  "partially_refunded",
] as const satisfies readonly OrderState[];

const GIVE_UP: readonly Effect[] = [
  "stop_expiry",
  "release_stock",
  "cancel_intent",
  "reopen_cart",
  "project",
  "announce_closed",
];

/**
 * Every transition of an order, first match wins. An event without a rule changes nothing: that is how duplicated, late and
 * reordered facts are harmless.
 */
export const TRANSITIONS: readonly Rule[] = [
  {
    from: ["placing"],
    on: "reserved",
    to: "awaiting_payment",
    stock: "reserved",
    effects: ["charge", "start_expiry", "project", "announce_placed"],
  },
  { from: ["placing"], on: "short", to: "rejected", stock: "released", effects: ["release_stock"] },

  // Money arrived. Which of API answer and webhook comes first does not matter: the second finds the entry in the ledger.
  {
    from: ["placing", ...UNPAID, ...LAPSED, ...REFUSED, ...PAID, "refunded"],
    on: "captured",
    when: "known_capture",
    effects: [],
  },
  {
    from: [...UNPAID, ...LAPSED],
    on: "captured",
    when: "wrong_amount",
    effects: ["stop_expiry", "alert_person", "project"],
  },
  {
    from: UNPAID,
    on: "captured",
    to: "paid",
    stock: "claiming",
    effects: ["stop_expiry", "claim_stock", "project", "announce_paid"],
  },
  { from: LAPSED, on: "captured", when: "first_capture", stock: "claiming", effects: ["claim_stock"] },
  { from: LAPSED, on: "captured", effects: ["refund"] },
  { from: REFUSED, on: "captured", effects: ["refund"] },
  { from: [...PAID, "refunded"], on: "captured", effects: ["refund", "alert_person"] },

  // The goods of a paid order. After a hold has lapsed they may be gone.
  {
    from: LAPSED,
    on: "claimed",
    when: "is_claiming",
    to: "paid",
    stock: "claimed",
    effects: ["project", "announce_paid"],
  },
  { from: PAID, on: "claimed", when: "is_claiming", stock: "claimed", effects: [] },
  {
    from: [...LAPSED, ...PAID],
    on: "claim_short",
    when: "is_claiming",
    stock: "released",
    effects: ["restock", "refund", "project"],
  },

  { from: UNPAID, on: "action_required", to: "requires_action", effects: ["project"] },
  { from: UNPAID, on: "intent_created", effects: ["project"] },
  { from: UNPAID, on: "processing", to: "awaiting_payment", effects: ["recheck_expiry", "project"] },
  { from: UNPAID, on: "unknown", effects: ["recheck_expiry"] },
  // Declined in the browser: the same PaymentIntent takes another card until the order expires.
  { from: UNPAID, on: "declined", when: "pays_in_browser", to: "awaiting_payment", effects: [] },
  { from: UNPAID, on: "declined", to: "payment_failed", stock: "released", effects: GIVE_UP },
  { from: UNPAID, on: "failed", when: "may_try_again", effects: ["charge"] },
  { from: UNPAID, on: "failed", to: "payment_failed", stock: "released", effects: GIVE_UP },
  { from: UNPAID, on: "intent_canceled", to: "payment_failed", stock: "released", effects: GIVE_UP },
  // A PaymentIntent that turns up alive after the order was given up must not be paid any more.
  { from: [...LAPSED, ...REFUSED], on: "intent_created", effects: ["cancel_intent"] },
  { from: [...LAPSED, ...REFUSED], on: "action_required", effects: ["cancel_intent"] },

  { from: UNPAID, on: "cancel_requested", to: "canceled", stock: "released", effects: GIVE_UP },
  { from: UNPAID, on: "expiry_due", when: "payment_under_way", effects: ["recheck_expiry"] },
  { from: UNPAID, on: "expiry_due", to: "expired", stock: "released", effects: GIVE_UP },

  { from: [...LAPSED, ...REFUSED, ...PAID, "refunded"], on: "refunded", when: "known_refund", effects: [] },
  {
    from: [...LAPSED, ...REFUSED, ...PAID],
    on: "refunded",
    when: "leaves_nothing",
    to: "refunded",
    effects: ["project", "announce_refunded"],
  },
  // A duplicate charge given back: the order itself is still paid in full.
  { from: PAID, on: "refunded", when: "leaves_total", effects: ["project"] },
  { from: PAID, on: "refunded", to: "partially_refunded", effects: ["project", "announce_refunded"] },
  { from: [...LAPSED, ...REFUSED, "refunded"], on: "refunded", effects: ["project"] },
];

/** What the ledger already holds, as far as a decision needs it. */
export interface LedgerView {
  has(ref: string): boolean;
}

type Judge = (order: Order, event: OrderEvent, ledger: LedgerView, now: number) => boolean;

const GUARDS = {
  known_capture: (_order, event, ledger) => event.type === "captured" && ledger.has(event.intent),
  known_refund: (_order, event, ledger) => event.type === "refunded" && ledger.has(event.refund),
  wrong_amount: (order, event) =>
    event.type === "captured" && (event.amount !== order.totals.total || event.currency !== order.currency),
  first_capture: (order) => order.payment.captured === 0,
  is_claiming: (order) => order.stock === "claiming",
  pays_in_browser: (order) => order.payment.method.kind === "client",
  may_try_again: (order, event) =>
    event.type === "failed" && event.retryable && order.payment.attempt < CHARGE_ATTEMPTS,
  payment_under_way: (order, _event, _ledger, now) => isUnderWay(order, now),
  leaves_nothing: (order, event) => keptAfter(order, event) === 0,
  leaves_total: (order, event) => keptAfter(order, event) === order.totals.total,
} satisfies Record<string, Judge>;

const keptAfter = (order: Order, event: OrderEvent): number =>
  order.payment.captured - order.payment.refunded - (event.type === "refunded" ? event.amount : 0);

/** Whether the PSP may still be about to take the money, so that expiring the order would only produce a late payment. */
function isUnderWay(order: Order, now: number): boolean {
  const age = now - order.placedAt;
  switch (order.payment.status) {
    case "queued":
    case "unknown":
      return age < DURATION_MS.pendingPaymentMax;
    case "processing":
      return age < DURATION_MS.asyncPaymentMax;
    case "requires_payment_method":
    case "requires_action":
    case "succeeded":
    case "failed":
    case "canceled":
      return false;
  }
}

export interface Decision {
  readonly order: Order;
  readonly effects: readonly Effect[];
  readonly entry?: LedgerEntry;
}

/**
 * The one place where an order moves. Returns `undefined` when the event changes nothing (no rule, an attempt that has been superseded,
 * a non-final fact older than what is known).
 */
export function decide(order: Order, event: OrderEvent, ledger: LedgerView, now: number): Decision | undefined {
  if (isOutdated(order, event)) return undefined;
  const rule = TRANSITIONS.find((candidate) => applies(candidate, order, event, ledger, now));
  if (!rule || rule.when === "known_capture" || rule.when === "known_refund") return undefined;
  const entry = entryOf(event);
  const payment = paymentAfter(order, event, rule);
  if (isRepeated(order, payment, event, rule)) return undefined;
  const next: Order = {
    ...order,
    state: rule.to ?? order.state,
    stock: rule.stock ?? order.stock,
    shortages: event.type === "short" ? event.shortages : order.shortages,
    payment,
    version: order.version + 1,
    updatedAt: now,
  };
  return entry ? { order: next, effects: rule.effects, entry } : { order: next, effects: rule.effects };
}

function applies(rule: Rule, order: Order, event: OrderEvent, ledger: LedgerView, now: number): boolean {
  if (rule.on !== event.type || !rule.from.includes(order.state)) return false;
  const guard: Judge | undefined = rule.when && GUARDS[rule.when];
  return guard === undefined || guard(order, event, ledger, now);
}

/** Money that moved is never outdated. Everything else is, once a later attempt or a later fact is known. */
function isOutdated(order: Order, event: OrderEvent): boolean {
  if (!("at" in event) || event.type === "captured" || event.type === "refunded") return false;
  if (event.attempt !== 0 && event.attempt !== order.payment.attempt) return true;
  return event.at < order.payment.factAt;
}

/** API answer and webhook tell the same progress; the second has nothing to add and is not worth a version. */
function isRepeated(order: Order, payment: Payment, event: OrderEvent, rule: Rule): boolean {
  const isProgress = event.type === "intent_created" || event.type === "action_required" || event.type === "processing";
  if (!isProgress || (rule.to ?? order.state) !== order.state) return false;
  return JSON.stringify({ ...payment, factAt: 0 }) === JSON.stringify({ ...order.payment, factAt: 0 });
}

function entryOf(event: OrderEvent): LedgerEntry | undefined {
  const { type } = event;
  if (type === "captured") {
    return { ref: event.intent, kind: "capture", intent: event.intent, amount: event.amount, currency: event.currency };
  }
  if (type === "refunded") {
    return { ref: event.refund, kind: "refund", intent: event.intent, amount: event.amount, currency: event.currency };
  }
  return undefined;
}
