import { Hono } from "hono";
import * as z from "zod";
import { isOrderId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { ORDER_STATES } from "../../domain/order-record.ts";
import { callObject } from "../../platform/object-call.ts";
import { type OpsBindings, parameter, problem } from "../context.ts";
import { auditView, type OrderRow, rowView } from "../order-view.ts";
import { paged, pageOf } from "../page.ts";

export const orderRoutes = new Hono<OpsBindings>();

/** Time alone is no key: orders placed in one millisecond would be skipped between two pages. */
const keySchema = z.tuple([z.int(), z.string().max(64)]);
const statusSchema = z.enum(ORDER_STATES).optional();
const emailSchema = z.string().min(1).max(LIMITS.emailChars).optional();

/** Newest first, from the read model; `status` and `email` narrow it down. */
orderRoutes.get("/", async (c) => {
  const page = pageOf(c, keySchema);
  if (page instanceof Response) return page;
  const status = parameter(c, "status", c.req.query("status"), statusSchema);
  if (status instanceof Response) return status;
  const email = parameter(c, "email", c.req.query("email"), emailSchema);
  if (email instanceof Response) return email;
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  const narrow = (condition: string, ...bound: (string | number)[]): void => {
    conditions.push(condition);
    values.push(...bound);
  };
  if (status.value !== undefined) narrow("status = ?", status.value);
  if (email.value !== undefined) narrow("email = ?", email.value);
  if (page.after) narrow("(placed_at, id) < (?, ?)", ...page.after);
  const where = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "";
  const { results } = await c.env.DB.prepare(`SELECT * FROM orders ${where} ORDER BY placed_at DESC, id DESC LIMIT ?`)
    .bind(...values, page.limit + 1)
    .all<OrderRow>();
  return c.json(paged(results, page.limit, (row) => [row.placed_at, row.id], rowView));
});

/** One order from the object that owns it, with everything it remembers. */
orderRoutes.get("/:id", async (c) => {
  const id = c.req.param("id");
  // Any text names an object; only a well-formed id may bring one into being.
  const audit = isOrderId(id) ? await callObject(() => c.env.ORDER.getByName(id).audit()) : null;
  if (!audit) return problem(c, 404, "unknown_order", "Unknown order", "There is no order with this id.");
  return c.json(auditView(audit));
});
