import { Hono } from "hono";
import { type OpsBindings, time } from "../context.ts";
import { DEAD_QUEUES } from "../dead-queues.ts";

export const metricsRoutes = new Hono<OpsBindings>();

interface FactCount {
  readonly type: string;
  readonly count: number;
  readonly last_at: number;
}

async function factCounts(db: D1Database): Promise<{ type: string; count: number; last_at: string }[]> {
  const { results } = await db.prepare("SELECT type, count, last_at FROM fact_counts ORDER BY type").all<FactCount>();
  return results.map(({ type, count, last_at: lastAt }) => ({ type, count, last_at: time(lastAt) }));
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
  const [queues, deadLetters, facts] = await Promise.all([
    Promise.all(Object.entries(producers).map(([name, queue]) => backlog(name, queue))),
    Promise.all(
      DEAD_QUEUES.map(async (queue) => ({ queue, count: await c.env.DEAD_LETTERS.getByName(queue).count() })),
    ),
    factCounts(c.env.DB),
  ]);
  return c.json({ as_of: time(Date.now()), queues, dead_letters: deadLetters, facts });
});

async function backlog(queue: string, producer: Queue) {
  const { backlogCount, backlogBytes, oldestMessageTimestamp: oldest } = await producer.metrics();
  // Zero is how an empty queue says that it has no oldest message.
  const oldestAt = oldest && oldest.getTime() > 0 ? { oldest_at: time(oldest.getTime()) } : {};
  return { queue, backlog: backlogCount, backlog_bytes: backlogBytes, ...oldestAt };
}

/** Every fact of the shop by type, each counted once. */
metricsRoutes.get("/facts", async (c) => c.json({ data: await factCounts(c.env.DB) }));
