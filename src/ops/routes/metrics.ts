import { Hono } from "hono";
import type { ThrottleStatus } from "../../../durable-objects/payment-throttle/payment-throttle.ts";
import { callObject } from "../../platform/object-call.ts";
import { boardOf, silentProblem } from "../analytics/board.ts";
import { type OpsBindings, time } from "../context.ts";
import { DEAD_QUEUES } from "../dead-queues.ts";

export const metricsRoutes = new Hono<OpsBindings>();

/** Facts by type from the shards' ledger, and whose part of them is missing or old. */
async function factCounts(env: OpsEnv) {
  const reply = await callObject(() => boardOf(env).ledger());
  if (!reply.ok) return { facts: [], stale: reply.sources };
  return { facts: reply.value.ledger.facts, stale: reply.value.stale };
}

/** A snapshot of what waits, what died and what was counted. */
metricsRoutes.get("/metrics", async (c) => {
  const producers: Readonly<Record<string, Queue>> = {
    orders: c.env.ORDERS_QUEUE,
    payments: c.env.PAYMENTS_QUEUE,
    events: c.env.EVENTS_QUEUE,
    notifications: c.env.NOTIFICATIONS_QUEUE,
    "orders-dead": c.env.ORDERS_DEAD_QUEUE,
    "payments-dead": c.env.PAYMENTS_DEAD_QUEUE,
    "events-dead": c.env.EVENTS_DEAD_QUEUE,
    "notifications-dead": c.env.NOTIFICATIONS_DEAD_QUEUE,
  };
  const [queues, deadLetters, { facts, stale }, throttle] = await Promise.all([
    Promise.all(Object.entries(producers).map(([name, queue]) => backlog(name, queue))),
    Promise.all(
      DEAD_QUEUES.map(async (queue) => ({ queue, count: await c.env.DEAD_LETTERS.getByName(queue).count() })),
    ),
    factCounts(c.env),
    callObject(() => c.env.PAYMENT_THROTTLE.getByName("stripe").status()),
  ]);
  return c.json({
    as_of: time(Date.now()),
    queues,
    dead_letters: deadLetters,
    facts,
    ...(stale.length > 0 && { facts_stale: stale }),
    payment_provider: throttleView(throttle),
  });
});

/** The tap in front of the payment provider: its limits, how long charges wait, and how calls have ended since `since`. */
const throttleView = ({ callsPerSecond, burst, blockedUntil, waitMs, since, ...calls }: ThrottleStatus) => ({
  calls_per_s: callsPerSecond,
  burst,
  ...(blockedUntil > Date.now() && { blocked_until: time(blockedUntil) }),
  wait_ms: waitMs,
  since: time(since),
  outcomes: calls.outcomes,
  latency_ms: calls.latencyMs,
  failed_share: calls.failedShare,
});

async function backlog(queue: string, producer: Queue) {
  const { backlogCount, backlogBytes, oldestMessageTimestamp: oldest } = await producer.metrics();
  // Zero is how an empty queue says that it has no oldest message.
  const oldestAt = oldest && oldest.getTime() > 0 ? { oldest_at: time(oldest.getTime()) } : {};
  return { queue, backlog: backlogCount, backlog_bytes: backlogBytes, ...oldestAt };
}

/** Every fact of the shop by type, each counted once. */
metricsRoutes.get("/facts", async (c) => {
  const reply = await callObject(() => boardOf(c.env).ledger());
  if (!reply.ok) return silentProblem(c, reply);
  const { ledger, stale } = reply.value;
  return c.json({ data: ledger.facts, ...(stale.length > 0 && { stale }) });
});
