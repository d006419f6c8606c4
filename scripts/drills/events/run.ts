import { randomFrom } from "../../../bench/events/random.ts";
import type { Bench } from "../../../bench/runtime/bench.ts";
import { OutsideQueues } from "../../../bench/runtime/queues/outside.ts";
import { allSkus, type Shop, startShop } from "../../../bench/runtime/shop.ts";
import { auditShop, type Finding, stripeClient } from "../../audit/finding.ts";
import { SECRETS } from "../../workers.ts";
import { Shoppers } from "../backlog/shoppers.ts";
import { compare, type Line } from "./comparison.ts";
import { revenueOf, viewsOf, waitForRest } from "./observe.ts";
import { Plan, type PlanOptions } from "./plan.ts";
import { QueuedEvents } from "./queued.ts";
import { Sender } from "./sender.ts";

export interface EventsExercise {
  readonly events: number;
  readonly seed: number;
  readonly ordersPerSecond: number;
  readonly progress: (text: string) => void;
}

export interface EventsFindings {
  readonly plan: Plan;
  readonly lines: readonly Line[];
  readonly orders: number;
  readonly refunds: number;
  /** Messages that came more than once, by the queue's doing. */
  readonly redelivered: number;
  readonly deadLetters: number;
  readonly seconds: number;
  readonly finding: Finding;
}

const PER_REQUEST = 100;
const SHARES = { duplicate: 0.1, malformed: 0.02, late: 0.005 };
/** Part of all messages that the queue delivers once more although they were acknowledged. */
const REPEATED_SHARE = 0.02;
const REFUNDED_SHARE = 0.1;
const AUDIT_WAIT_S = 60;
/** Where in the run the runtime is killed and started again. */
const RESTART_AT = 0.5;
const SAY_EVERY = 10;

export const planOf = (options: Omit<PlanOptions, "skus" | "perRequest">): Plan =>
  new Plan({ skus: allSkus(), perRequest: PER_REQUEST, ...options });

export interface EventsWorld {
  readonly shop: Shop;
  readonly queues: OutsideQueues;
  /** Events in all batches that the queue took, each batch counted once. */
  readonly queued: () => number;
}

/** A shop whose queues are kept here, so that they survive its runtime; and that repeat what they were told is done. */
export async function startEventsShop(bench: Bench, seed: number): Promise<EventsWorld> {
  const random = randomFrom(seed);
  const queued = new QueuedEvents();
  const queues = await OutsideQueues.open({
    repeats: () => random() < REPEATED_SHARE,
    onMessage: (queue, message) => queued.see(queue, message),
  });
  return { queues, shop: await startShop(bench, { queues }), queued: () => queued.events };
}

/** Sends so many events with a known part of trouble while orders are placed, kills the runtime in the middle, and holds the books against it. */
export async function exerciseEvents(
  { shop, queues, queued }: EventsWorld,
  { events, seed, ordersPerSecond, progress }: EventsExercise,
): Promise<EventsFindings> {
  const plan = planOf({ seed, shares: SHARES });
  const sender = new Sender(shop.origin);
  const shoppers = new Shoppers(shop);
  const beganAt = Date.now();
  let said = 0;
  const until = (limit: number) => () => {
    if (plan.books.received >= limit) return undefined;
    if (plan.books.received >= (said * events) / SAY_EVERY) progress(`  ${said++ * SAY_EVERY} % sent`);
    return plan.next(Date.now());
  };
  const spell = async (limit: number): Promise<void> => {
    const stream = shoppers.stream(ordersPerSecond);
    await sender.send(until(limit));
    await stream.stop();
  };
  try {
    progress(`Sending ${events} events while orders are placed ...`);
    await spell(events * RESTART_AT);
    progress(`Killing the runtime with ${queues.backlog} messages not done, and starting it again ...`);
    await shop.runtime.kill();
    await shop.runtime.startAgain();
    plan.restarted();
    await spell(events);
    const sentAt = Date.now();
    progress("Waiting until nothing moves any more ...");
    const paid = await auditWhenPaid(shop);
    const refunds = await refundSome(shop, paid);
    const finding = await auditWhenPaid(shop);
    const ledger = await waitForRest(shop, queues);
    const views = await viewsOf(shop, allSkus());
    const revenue: Line = {
      what: "revenue in minor units",
      expected: netOf(finding),
      found: await revenueOf(shop),
    };
    return {
      plan,
      lines: [...compare(plan.books, { ledger, views, queued: queued() }), revenue],
      orders: shoppers.accepted.length,
      refunds,
      redelivered: queues.use("events").repeated + queues.use("events").retried,
      deadLetters: deadLettersOf(queues),
      seconds: (sentAt - beganAt) / 1_000,
      finding,
    };
  } finally {
    sender.close();
    shoppers.leave();
  }
}

export const deadLettersOf = (queues: OutsideQueues): number =>
  queues.names.filter((name) => name.endsWith("-dead")).reduce((sum, name) => sum + queues.use(name).messages, 0);

const auditWhenPaid = ({ admin, stripe }: Shop): Promise<Finding> =>
  auditShop(admin, stripeClient(stripe, SECRETS["STRIPE_SECRET_KEY"]?.local ?? ""), AUDIT_WAIT_S);

/** Gives some orders part of their money back, so that revenue is not just a sum of prices. */
async function refundSome({ admin }: Shop, { snapshot }: Finding): Promise<number> {
  const paid = snapshot.orders.filter(({ object }) => object?.order.status === "paid");
  const some = paid.filter((_, index) => index % Math.round(1 / REFUNDED_SHARE) === 0);
  for (const [index, { id }] of some.entries()) {
    await admin.post(`/admin/v1/orders/${id}/refund`, { amount: 101 + index, reason: "drill" }, `refund:${id}`);
  }
  return some.length;
}

const netOf = ({ snapshot }: Finding): number =>
  snapshot.orders.reduce((sum, { object }) => {
    const { captured, refunded } = object?.order.payment ?? { captured: { amount: 0 }, refunded: { amount: 0 } };
    return sum + captured.amount - refunded.amount;
  }, 0);
