import { Hono } from "hono";
import * as z from "zod";
import { isOrderId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { bodyProblem, readJson, validationProblem } from "../../platform/http.ts";
import { callObject } from "../../platform/object-call.ts";
import { mapBounded } from "../concurrency.ts";
import { extraOf, type OpsBindings, problem } from "../context.ts";

/** How many objects are asked at once. */
const CALLS_IN_FLIGHT = 10;

/** Durable Object ids: how a storage directory or Cloudflare's API lists objects whose names nobody knows any more. */
const objectIds = z
  .array(z.string().regex(/^[0-9a-f]{64}$/, "must be a Durable Object id (64 hex digits)"))
  .max(LIMITS.pageMax);
const recoverSchema = z.object({ orders: objectIds.default([]), stock: objectIds.default([]) });

/** Lets objects tell their state again, for when messages were lost on the way: nothing is done twice where they arrive. */
export const recoveryRoutes = new Hono<OpsBindings>()
  .post("/recover", async (c) => {
    const body = await readJson(c.req.raw, recoverSchema);
    if (!body.ok) return bodyProblem(body, extraOf(c));
    const { ORDER, STOCK } = c.env;
    const foreign = [...unknownIds(ORDER, body.value.orders), ...unknownIds(STOCK, body.value.stock)];
    if (foreign.length > 0) {
      const errors = foreign.map((id) => ({ detail: `${id} is no id of this class of objects` }));
      return validationProblem(errors, extraOf(c));
    }
    const orders = await mapBounded(body.value.orders, CALLS_IN_FLIGHT, (id) =>
      callObject(() => ORDER.get(ORDER.idFromString(id)).resend()),
    );
    const stock = await mapBounded(body.value.stock, CALLS_IN_FLIGHT, (id) =>
      callObject(() => STOCK.get(STOCK.idFromString(id)).resend()),
    );
    const told = (replies: readonly boolean[]): number => replies.filter(Boolean).length;
    return c.json({ orders: told(orders), stock: told(stock) });
  })
  .post("/orders/:id/resend", async (c) => {
    const id = c.req.param("id");
    const known = isOrderId(id) && (await callObject(() => c.env.ORDER.getByName(id).resend()));
    if (!known) return problem(c, 404, "unknown_order", "Unknown order", "There is no order with this id.");
    return c.json({ resent: true });
  });

/** An id carries a mark of its class; one of another class, or made up, is refused by the platform with an exception. */
function unknownIds(namespace: { idFromString(id: string): unknown }, ids: readonly string[]): string[] {
  return ids.filter((id) => {
    try {
      namespace.idFromString(id);
      return false;
    } catch {
      return true;
    }
  });
}
