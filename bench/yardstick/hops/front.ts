import { Hono } from "hono";
import { createProjection, tallyOf } from "./consumers.ts";
import type { HopsEnv } from "./env.ts";
import { takeIn } from "./payments.ts";

/** Of this isolate, which sees all of them. */
let webhooks = 0;

/** What there is of each once a purchase is through. */
const PER_PURCHASE: Readonly<Record<string, number>> = { "cart.added": 2, "order.placed": 1, webhook: 1 };

/** The shop's own paths, so that the same shopper can buy here, and a run can ask in the same way whether all of it is done. */
export const app = new Hono<{ Bindings: HopsEnv }>()
  .post("/v1/carts", async (c) => {
    const id = crypto.randomUUID();
    const cart = await c.env.CART.getByName(id).create();
    return c.json({ ...cart, id }, 201);
  })
  .post("/v1/carts/:id/lines", async (c) => {
    const id = c.req.param("id");
    const { sku } = await c.req.json<{ readonly sku: string }>();
    const cart = await c.env.CART.getByName(id).add(id, sku);
    return c.json({ ...cart, id });
  })
  .post("/v1/carts/:id/checkout", async (c) => {
    const id = crypto.randomUUID();
    const order = await c.env.CART.getByName(c.req.param("id")).checkout(id);
    return c.json({ ...order, id }, 201);
  })
  .post("/webhooks/stripe", async (c) => {
    if (!c.env.PAYMENTS) return takeIn(c.req.raw, c.env);
    const answer = await c.env.PAYMENTS.fetch(c.req.raw);
    if (answer.ok) webhooks += 1;
    return answer;
  })
  .get("/admin/v1/metrics", async (c) => {
    const { PAYMENTS_QUEUE, ORDERS_QUEUE, EVENTS_QUEUE, NOTIFICATIONS_QUEUE } = c.env;
    const producers = { PAYMENTS_QUEUE, ORDERS_QUEUE, EVENTS_QUEUE, NOTIFICATIONS_QUEUE };
    const waiting = Object.entries(producers).map(async ([queue, producer]) => {
      const { backlogCount: backlog } = await producer.metrics();
      return { queue, backlog };
    });
    const queues = await Promise.all(waiting);
    const facts = [...(await tallyOf(c.env).counts()), { type: "webhook", count: webhooks }];
    return c.json({ queues: [...queues, { queue: "missing", backlog: missingFrom(facts) }], facts });
  })
  .post("/projection", async (c) => {
    await createProjection(c.env);
    return c.body(null, 204);
  });

interface Counted {
  readonly type: string;
  readonly count: number;
}

/** Hops of purchases that are paid which have not been made: a yardstick that leaves some out would look faster than it is. */
function missingFrom(facts: readonly Counted[]): number {
  const countOf = (wanted: string): number => facts.find(({ type }) => type === wanted)?.count ?? 0;
  const missing = Object.entries(PER_PURCHASE).map(([type, each]) => each * countOf("order.paid") - countOf(type));
  return missing.reduce((sum, each) => sum + Math.max(0, each), 0);
}
