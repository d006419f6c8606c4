import { setTimeout } from "node:timers/promises";
import type Stripe from "stripe";
import * as z from "zod";
import type { AdminClient } from "../admin-client.ts";
import { analyticsSchema, metricsSchema, orderEntrySchema, orderObjectSchema, stockEntrySchema } from "./snapshot.ts";
import type { OrderEntry, PspIntent, Snapshot } from "./snapshot.ts";

const PAGE = 100;
const LOOKUPS_AT_ONCE = 8;
/** How long queues are watched for a moment without messages. */
const QUEUES_WATCHED_MS = 3_000;
const ASK_QUEUES_EVERY_MS = 100;
/** Refunds that a bank has not carried out yet; a debit's takes days. */
const REFUNDING = new Set(["pending", "requires_action"]);

/** Reads the whole shop and everything that the payment provider knows of it. */
export async function readSnapshot(admin: AdminClient, stripe: Stripe): Promise<Snapshot> {
  const [listed, stock, intents] = await Promise.all([
    readAll(admin, "/admin/v1/audit/orders", orderEntrySchema),
    readAll(admin, "/admin/v1/audit/stock", stockEntrySchema),
    readIntents(stripe),
  ]);
  const rows: OrderEntry[] = listed.map(({ projection, object }) => ({ id: projection.id, projection, object }));
  // What the read model does not list, but something else names, is asked for by its id.
  const known = new Set(rows.map(({ id }) => id));
  const named = new Set([
    ...intents.flatMap(({ orderId }) => orderId ?? []),
    ...stock.flatMap(({ held }) => held.map((hold) => hold.order_id)),
  ]);
  const unlisted = await lookUp(
    admin,
    [...named].filter((id) => !known.has(id)),
  );
  // After the orders: what they have told by now is in the figures, or in a queue.
  const analytics = await admin.get("/admin/v1/audit/analytics", analyticsSchema);
  return { orders: [...rows, ...unlisted], stock, intents, analytics, metrics: await readMetrics(admin) };
}

/**
 * The metrics, with the least that was seen of each queue. A shop that is open is never still: carts are given up and orders expire while its books are
 * read. A queue that was empty at one moment after that has delivered all that they tell of.
 */
export async function readMetrics(
  admin: Pick<AdminClient, "get">,
  watchedMs: number = QUEUES_WATCHED_MS,
): Promise<Snapshot["metrics"]> {
  const giveUpAt = Date.now() + watchedMs;
  let metrics = await admin.get("/admin/v1/metrics", metricsSchema);
  while (metrics.queues.some(({ backlog }) => backlog > 0) && Date.now() < giveUpAt) {
    await setTimeout(ASK_QUEUES_EVERY_MS);
    const least = new Map(metrics.queues.map(({ queue, backlog }) => [queue, backlog]));
    const { queues, ...rest } = await admin.get("/admin/v1/metrics", metricsSchema);
    const seen = queues.map(({ queue, backlog }) => ({
      queue,
      backlog: Math.min(backlog, least.get(queue) ?? backlog),
    }));
    metrics = { ...rest, queues: seen };
  }
  return metrics;
}

async function readAll<T>(admin: AdminClient, path: string, schema: z.ZodType<T>): Promise<T[]> {
  const pageSchema = z.object({ data: z.array(schema), next_cursor: z.string().nullable() });
  const all: T[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const query: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: z.infer<typeof pageSchema> = await admin.get(`${path}?limit=${PAGE}${query}`, pageSchema);
    all.push(...page.data);
    cursor = page.next_cursor;
  }
  return all;
}

async function lookUp(admin: AdminClient, ids: readonly string[]): Promise<OrderEntry[]> {
  const found: OrderEntry[] = [];
  const rest = ids.values();
  const lane = async (): Promise<void> => {
    for (const id of rest) {
      const object = await admin.find(`/admin/v1/orders/${encodeURIComponent(id)}`, orderObjectSchema);
      // An id that the shop does not know either has no entry: whoever names it is what is wrong.
      if (object) found.push({ id, object });
    }
  };
  await Promise.all(Array.from({ length: LOOKUPS_AT_ONCE }, lane));
  return found;
}

async function readIntents(stripe: Stripe): Promise<PspIntent[]> {
  const refunded = new Map<string, number>();
  const refunding = new Map<string, number>();
  for await (const refund of stripe.refunds.list({ limit: PAGE })) {
    const id = idOf(refund.payment_intent);
    if (id === undefined) continue;
    const sums = refund.status === "succeeded" ? refunded : REFUNDING.has(refund.status ?? "") ? refunding : undefined;
    sums?.set(id, (sums.get(id) ?? 0) + refund.amount);
  }
  const intents: PspIntent[] = [];
  for await (const intent of stripe.paymentIntents.list({ limit: PAGE })) {
    intents.push({
      id: intent.id,
      status: intent.status,
      amount: intent.amount,
      received: intent.amount_received,
      refunded: refunded.get(intent.id) ?? 0,
      refunding: refunding.get(intent.id) ?? 0,
      currency: intent.currency,
      orderId: namedOrder(intent.metadata["order_id"]),
    });
  }
  return intents;
}

const idOf = (reference: string | { id: string } | null): string | undefined =>
  typeof reference === "string" ? reference : reference?.id;

/** A monolith that charges through the same account names its own orders; those are its own matter, and are counted as somebody else's. */
const namedOrder = (id: string | undefined): string | undefined => (id?.startsWith("ord_") ? id : undefined);
