import { Hono } from "hono";
import { isOrderId } from "../../domain/ids.ts";
import { etagOf, versionOf } from "../../platform/entity-tags.ts";
import type { StorefrontContext } from "../context.ts";
import { documented, IDEMPOTENCY_KEY, IF_NONE_MATCH, NOT_MODIFIED } from "../openapi.ts";
import { secondsToPayment } from "../payment-outlook.ts";
import { commandKey, isNotModified, preferredWait } from "../preconditions.ts";
import { problem } from "../problem.ts";
import { refusalProblem } from "../refusals.ts";
import { renderOrder } from "../render.ts";
import { orderSchema } from "../schemas.ts";

export const orders = new Hono<StorefrontContext>()
  .get(
    "/:id",
    documented({
      summary: "Get an order",
      description:
        "With `Prefer: wait=N` the answer is held back, at most N (up to 30) seconds, until the order is newer than the `If-None-Match` tag or, without one, than now. An order that waits for nothing any more is answered at once, and without `Preference-Applied`.",
      tag: "Orders",
      answers: {
        200: { description: "The order; its id is the capability to see it", schema: orderSchema },
        ...NOT_MODIFIED,
      },
      problems: ["unknown_order"],
      headers: { Prefer: { description: "wait=N (RFC 7240)" }, ...IF_NONE_MATCH },
    }),
    async (c) => {
      const id = c.req.param("id");
      const seconds = preferredWait(c);
      const seenVersion = versionOf(c.req.header("if-none-match"));
      const wait = seconds === undefined ? undefined : { waitMs: seconds * 1_000, seenVersion };
      const followed = isOrderId(id) ? await c.env.ORDER.getByName(id).follow(wait) : null;
      if (!followed) return problem(c, "unknown_order", "There is no order with this id.");
      const { order, wasPending } = followed;
      if (seconds !== undefined && wasPending) c.header("preference-applied", `wait=${seconds}`);
      const headers = { etag: etagOf(order.version), "cache-control": "private, no-cache" };
      if (isNotModified(c, order.version)) return c.body(null, 304, headers);
      return c.json(renderOrder(order, await secondsToPayment(c.env, order, Date.now())), 200, headers);
    },
  )
  .post(
    "/:id/cancel",
    documented({
      summary: "Cancel an unpaid order",
      description: "The stock is free again and so is the cart. A payment that was already on its way is refunded.",
      tag: "Orders",
      answers: { 200: { description: "The canceled order", schema: orderSchema } },
      problems: ["unknown_order", "not_cancelable"],
      headers: IDEMPOTENCY_KEY,
    }),
    async (c) => {
      const id = c.req.param("id");
      if (!isOrderId(id)) return problem(c, "unknown_order", "There is no order with this id.");
      const command = await commandKey(c, null);
      if (!command.ok) return command.response;
      const reply = await c.env.ORDER.getByName(id).cancel({ command: command.value, by: "shopper" });
      if (!reply.ok) return refusalProblem(c, reply);
      if (reply.replayed) c.header("idempotency-replayed", "true");
      return c.json(renderOrder(reply.value), 200, { etag: etagOf(reply.value.version) });
    },
  );
