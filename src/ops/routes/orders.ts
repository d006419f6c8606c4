import { Hono } from "hono";
import * as z from "zod";
import { isOrderId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { ORDER_STATES } from "../../domain/order-record.ts";
import { callObject } from "../../platform/object-call.ts";
import { type OpsBindings, parameter, problem, skuSchema } from "../context.ts";
import { auditView, type OrderRow, rowView } from "../order-view.ts";
import { paged, pageOf } from "../page.ts";

export const orderRoutes = new Hono<OpsBindings>();

/** Time alone is no key: orders placed in one millisecond would be skipped between two pages. */
const keySchema = z.tuple([z.int(), z.string().max(64)]);
const statusSchema = z.enum(ORDER_STATES).optional();
const emailSchema = z.string().min(1).max(LIMITS.emailChars).optional();

const amountSchema = z.coerce.number().int().min(0).optional();
const timeSchema = z.iso.datetime({ offset: true }).transform(Date.parse).optional();

/** What a list can be narrowed down to. Each is optional; together they all have to hold. */
const FILTERS = {
  status: { schema: statusSchema, condition: "status = ?" },
  email: { schema: emailSchema, condition: "email = ?" },
  sku: { schema: skuSchema.optional(), condition: "id IN (SELECT order_id FROM order_skus WHERE sku = ?)" },
  number: { schema: z.string().max(32).optional(), condition: "number = ?" },
  placed_from: { schema: timeSchema, condition: "placed_at >= ?" },
  placed_to: { schema: timeSchema, condition: "placed_at < ?" },
  total_min: { schema: amountSchema, condition: "total >= ?" },
  total_max: { schema: amountSchema, condition: "total <= ?" },
} as const;

/** Newest first, from the read model; `review=true` shows those that a person has to look at. */
orderRoutes.get("/", async (c) => {
  const page = pageOf(c, keySchema);
  if (page instanceof Response) return page;
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  for (const [name, { schema, condition }] of Object.entries(FILTERS)) {
    const given = parameter<z.ZodType<string | number | undefined>>(c, name, c.req.query(name), schema);
    if (given instanceof Response) return given;
    if (given.value === undefined) continue;
    conditions.push(condition);
    values.push(given.value);
  }
  if (c.req.query("review") === "true") conditions.push("review IS NOT NULL");
  if (page.after) {
    conditions.push("(placed_at, id) < (?, ?)");
    values.push(...page.after);
  }
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
