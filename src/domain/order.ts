import { isOldNews, withDispute } from "./order-dispute.ts";
import { sent } from "./order-fulfilment.ts";
import { GUARDS, type Guard, type Judge, type LedgerView } from "./order-guards.ts";
import { entryOf } from "./order-ledger.ts";
import { paymentAfter } from "./order-payment.ts";
import type { LedgerEntry, Order, OrderEvent, OrderState, Payment, StockPhase } from "./order-record.ts";

/** What must happen beside the change of state. The object turns each into a row of work in the same transaction. */
export type Effect =
  | "charge"
  | "cancel_intent"
  | "look_up"
  | "refund"
  | "refund_request"
  | "refund_strays"
  | "ask_again"
  | "claim_stock"
  | "release_stock"
  | "restock"
  | "reopen_cart"
  | "keep_cart"
  | "start_expiry"
  | "recheck_expiry"
  | "stop_expiry"
  | "project"
  | "announce_placed"
  | "announce_paid"
  | "announce_closed"
  | "announce_refunded"
  | "announce_fulfilled"
  | "announce_correction"
  | "alert_person";

export interface Rule {
  readonly from: readonly OrderState[];
  readonly on: OrderEvent["type"];
  readonly when?: Guard;
  /** Absent: the state stays, only the effects and the payment's details change. */
  readonly to?: OrderState;
  readonly stock?: StockPhase;
  readonly effects: readonly Effect[];
}

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

const SENDABLE = ["paid", "partially_fulfilled", "partially_refunded"] as const satisfies readonly OrderState[];

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
    effects: ["stop_expiry", "claim_stock", "refund_strays", "project", "announce_paid"],
  },
  { from: LAPSED, on: "captured", when: "first_capture", stock: "claiming", effects: ["claim_stock", "project"] },
  { from: [...LAPSED, ...REFUSED], on: "captured", effects: ["refund", "project"] },
  { from: [...PAID, "refunded"], on: "captured", effects: ["refund", "alert_person", "project"] },

  // The goods of a paid order. After a hold has lapsed they may be gone.
  {
    from: LAPSED,
    on: "claimed",
    when: "is_claiming",
    to: "paid",
    stock: "claimed",
    effects: ["keep_cart", "project", "announce_paid"],
  },
  // Also of an order that was sent in part and then refunded in full: its goods stay out.
  { from: [...PAID, "refunded"], on: "claimed", when: "is_claiming", stock: "claimed", effects: [] },
  {
    from: [...LAPSED, ...PAID, "refunded"],
    on: "claim_short",
    when: "is_claiming",
    stock: "released",
    effects: ["restock", "refund_strays", "project"],
  },

  { from: UNPAID, on: "action_required", to: "requires_action", effects: ["project"] },
  { from: UNPAID, on: "intent_created", effects: ["project"] },
  { from: UNPAID, on: "processing", to: "awaiting_payment", effects: ["recheck_expiry", "project"] },
  { from: UNPAID, on: "unknown", effects: ["recheck_expiry"] },
  // Declined in the browser: the same PaymentIntent takes another card until the order expires.
  { from: UNPAID, on: "declined", when: "pays_in_browser", to: "awaiting_payment", effects: ["project"] },
  { from: UNPAID, on: "declined", to: "payment_failed", stock: "released", effects: GIVE_UP },
  { from: UNPAID, on: "failed", when: "may_try_again", effects: ["charge"] },
  { from: UNPAID, on: "failed", to: "payment_failed", stock: "released", effects: GIVE_UP },
  { from: UNPAID, on: "intent_canceled", to: "payment_failed", stock: "released", effects: GIVE_UP },
  // A PaymentIntent that turns up alive after the order was given up must not be paid any more.
  { from: [...LAPSED, ...REFUSED], on: "intent_created", effects: ["cancel_intent"] },
  { from: [...LAPSED, ...REFUSED], on: "action_required", effects: ["cancel_intent"] },

  { from: UNPAID, on: "cancel_requested", when: "has_no_money", to: "canceled", stock: "released", effects: GIVE_UP },
  // In quarantine: money came, but not the right amount. The shop decides, and then it goes back.
  {
    from: UNPAID,
    on: "cancel_requested",
    when: "shop_may_undo",
    to: "canceled",
    stock: "released",
    effects: ["stop_expiry", "release_stock", "reopen_cart", "refund_request", "project", "announce_closed"],
  },
  // Paid and nothing sent yet: only the shop may undo that, and the goods go back on the shelf.
  {
    from: ["paid", "partially_refunded"],
    on: "cancel_requested",
    when: "shop_may_undo",
    to: "canceled",
    stock: "released",
    effects: ["restock", "refund_request", "project", "announce_closed"],
  },
  { from: UNPAID, on: "expiry_due", when: "payment_under_way", effects: ["recheck_expiry", "ask_again"] },
  { from: UNPAID, on: "expiry_due", to: "expired", stock: "released", effects: GIVE_UP },

  { from: [...UNPAID, ...LAPSED, ...REFUSED, ...PAID, "refunded"], on: "refunded", when: "known_refund", effects: [] },
  // Out of quarantine, by a person in the provider's dashboard.
  {
    from: UNPAID,
    on: "refunded",
    when: "leaves_nothing",
    to: "refunded",
    stock: "released",
    effects: ["stop_expiry", "release_stock", "reopen_cart", "project", "announce_refunded"],
  },
  { from: UNPAID, on: "refunded", effects: ["project"] },
  // Of a refunded order only what its bank sent back can be given back again.
  {
    from: [...PAID, "refunded"],
    on: "refund_requested",
    when: "is_refundable",
    effects: ["refund_request", "project"],
  },
  // A refund that failed, at once or days after it had succeeded. No state is left for it, least of all `refunded`: a person decides.
  {
    from: [...UNPAID, ...LAPSED, ...REFUSED, ...PAID, "refunded"],
    on: "refund_failed",
    when: "known_failure",
    effects: [],
  },
  {
    from: [...PAID, "refunded", "canceled"],
    on: "refund_failed",
    when: "came_back",
    effects: ["alert_person", "project", "announce_correction"],
  },
  {
    from: [...UNPAID, ...LAPSED, ...REFUSED, ...PAID, "refunded"],
    on: "refund_failed",
    effects: ["alert_person", "project"],
  },
  // All of it went back before the goods were claimed: nobody gets them. What a claim under way takes is put back in the turn after it.
  {
    from: [...LAPSED, ...PAID],
    on: "refunded",
    when: "leaves_nothing_unclaimed",
    to: "refunded",
    stock: "released",
    effects: ["restock", "project", "announce_refunded"],
  },
  {
    from: [...LAPSED, ...REFUSED, ...PAID],
    on: "refunded",
    when: "leaves_nothing",
    to: "refunded",
    effects: ["project", "announce_refunded"],
  },
  // A duplicate charge given back: the order itself is still paid in full, but whatever was told meanwhile may have counted that charge.
  { from: PAID, on: "refunded", when: "leaves_total", effects: ["project", "announce_correction"] },
  { from: PAID, on: "refunded", to: "partially_refunded", effects: ["project", "announce_refunded"] },
  // What was told of these is what was left then.
  { from: ["refunded", "canceled"], on: "refunded", effects: ["project", "announce_correction"] },
  { from: [...LAPSED, ...REFUSED], on: "refunded", effects: ["project"] },

  { from: SENDABLE, on: "fulfilled", when: "completes", to: "fulfilled", effects: ["project", "announce_fulfilled"] },
  { from: SENDABLE, on: "fulfilled", when: "can_be_sent", to: "partially_fulfilled", effects: ["project"] },

  {
    from: [...LAPSED, ...REFUSED, ...PAID, "refunded"],
    on: "disputed",
    when: "new_dispute",
    effects: ["alert_person", "project"],
  },
  { from: [...LAPSED, ...REFUSED, ...PAID, "refunded"], on: "disputed", effects: ["project"] },
];

/** Told before: the ledger has it. */
const KNOWN: ReadonlySet<Guard> = new Set(["known_capture", "known_refund", "known_failure"]);

export type { LedgerView } from "./order-guards.ts";

export interface Decision {
  readonly order: Order;
  readonly effects: readonly Effect[];
  readonly entry?: LedgerEntry;
}

/**
 * The one place where an order moves. Returns `undefined` when the event changes nothing (no rule, an attempt that has been superseded,
 * a non-final fact, or news of a dispute, older than what is known).
 */
export function decide(order: Order, event: OrderEvent, ledger: LedgerView, now: number): Decision | undefined {
  if (isOutdated(order, event)) return undefined;
  const rule = TRANSITIONS.find((candidate) => applies(candidate, order, event, ledger, now));
  if (!rule || (rule.when && KNOWN.has(rule.when))) return undefined;
  const entry = entryOf(order, event);
  const payment = paymentAfter(order, event, rule, ledger);
  if (isRepeated(order, payment, event, rule)) return undefined;
  const next: Order = {
    ...order,
    state: rule.to ?? order.state,
    stock: rule.stock ?? order.stock,
    lines: event.type === "fulfilled" ? sent(order.lines, event.units) : order.lines,
    shortages: event.type === "short" ? event.shortages : order.shortages,
    disputes: event.type === "disputed" ? withDispute(order, event) : order.disputes,
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

/** What a payment is still on its way to; a later attempt or a later fact makes it outdated. Money that moved never is. */
const PROGRESS: ReadonlySet<OrderEvent["type"]> = new Set([
  "intent_created",
  "action_required",
  "processing",
  "unknown",
  "declined",
  "failed",
  "intent_canceled",
]);

function isOutdated(order: Order, event: OrderEvent): boolean {
  if (event.type === "disputed") return isOldNews(order, event);
  if (!("at" in event) || !PROGRESS.has(event.type)) return false;
  if (event.attempt !== 0 && event.attempt !== order.payment.attempt) return true;
  return event.at < order.payment.factAt;
}

/** API answer and webhook tell the same progress; the second has nothing to add and is not worth a version. */
function isRepeated(order: Order, payment: Payment, event: OrderEvent, rule: Rule): boolean {
  const isProgress = event.type === "intent_created" || event.type === "action_required" || event.type === "processing";
  if (!isProgress || (rule.to ?? order.state) !== order.state) return false;
  return JSON.stringify({ ...payment, factAt: 0 }) === JSON.stringify({ ...order.payment, factAt: 0 });
}
