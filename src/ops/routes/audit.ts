import { Hono } from "hono";
import * as z from "zod";
import { callObject } from "../../platform/object-call.ts";
import { mapBounded } from "../concurrency.ts";
import { type OpsBindings, skuSchema, time } from "../context.ts";
import { auditView, type OrderRow, rowView } from "../order-view.ts";
import { paged, pageOf } from "../page.ts";
import { analyticsAuditRoutes } from "./audit-analytics.ts";
import { levelView } from "./stock.ts";

/** The truth of the objects beside its mirror in D1, page by page, for `npm run audit`. */
export const auditRoutes = new Hono<OpsBindings>();
auditRoutes.route("/", analyticsAuditRoutes);

const OBJECTS_AT_ONCE = 16;

auditRoutes.get("/orders", async (c) => {
  const page = pageOf(c, z.string().max(64));
  if (page instanceof Response) return page;
  const { results } = await c.env.DB.prepare("SELECT * FROM orders WHERE id > ? ORDER BY id LIMIT ?")
    .bind(page.after ?? "", page.limit + 1)
    .all<OrderRow>();
  const rows = paged(results, page.limit, (row) => row.id, rowView);
  const data = await mapBounded(rows.data, OBJECTS_AT_ONCE, async (projection) => {
    const audit = await callObject(() => c.env.ORDER.getByName(projection.id).audit());
    return { projection, object: audit && auditView(audit) };
  });
  return c.json({ ...rows, data });
});

interface StockRow {
  readonly sku: string;
  readonly on_hand: number | null;
  readonly reserved: number | null;
  readonly sold: number | null;
  readonly seq: number | null;
  readonly as_of: number | null;
}

/** Holds one by one, claims added up: a SKU that sells well has too many claims to list. */
auditRoutes.get("/stock", async (c) => {
  const page = pageOf(c, skuSchema);
  if (page instanceof Response) return page;
  const { results } = await c.env.DB.prepare(
    `SELECT p.sku, s.on_hand, s.reserved, s.sold, s.seq, s.as_of
     FROM products p LEFT JOIN stock_levels s ON s.sku = p.sku
     WHERE p.sku > ? ORDER BY p.sku LIMIT ?`,
  )
    .bind(page.after ?? "", page.limit + 1)
    .all<StockRow>();
  const rows = paged(
    results,
    page.limit,
    (row) => row.sku,
    (row) => row,
  );
  const data = await mapBounded(rows.data, OBJECTS_AT_ONCE, async (row) => {
    const { level, reservations, pendingWork } = await callObject(() => c.env.STOCK.getByName(row.sku).audit(row.sku));
    const held = reservations.filter(({ state }) => state === "held");
    const claimed = reservations.filter(({ state }) => state === "claimed");
    return {
      level: levelView(level),
      held: held.map(({ orderId, quantity, expiresAt }) => ({
        order_id: orderId,
        quantity,
        expires_at: time(expiresAt),
      })),
      claimed: { orders: claimed.length, units: claimed.reduce((sum, { quantity }) => sum + quantity, 0) },
      pending_work: pendingWork,
      projection: mirrorView(row),
    };
  });
  return c.json({ ...rows, data });
});

function mirrorView({ on_hand, reserved, sold, seq, as_of }: StockRow) {
  return seq === null || as_of === null ? null : { on_hand, reserved, sold, seq, as_of: time(as_of) };
}
