import { Hono } from "hono";
import * as z from "zod";
import type { CancelReply, FulfilReply, RefundReply } from "../../../durable-objects/order/commands.ts";
import type { Replayable } from "../../../durable-objects/inbox.ts";
import { isOrderId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { unreachable } from "../../domain/result.ts";
import { bodyProblem, readJson } from "../../platform/http.ts";
import {
  invalidKeyProblem,
  keyConflictProblem,
  type KeyedRequest,
  keyedRequest,
  missingKeyProblem,
  tooManyKeysProblem,
} from "../../platform/idempotency.ts";
import { callObject } from "../../platform/object-call.ts";
import { problemResponse } from "../../platform/problem.ts";
import { extraOf, type OpsBindings, type OpsContext, problem, skuSchema } from "../context.ts";
import { orderView } from "../order-view.ts";

const cancelSchema = z.strictObject({});
const refundSchema = z.strictObject({
  /** Minor units; left out, all that is left. */
  amount: z.int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  reason: z.string().trim().min(1).max(LIMITS.textChars),
});
const fulfilSchema = z.strictObject({
  lines: z
    .array(z.strictObject({ sku: skuSchema, quantity: z.int().min(1).max(LIMITS.quantityPerLine) }))
    .min(1)
    .max(LIMITS.linesPerCart)
    .optional(),
});

type OrderReply = Replayable<CancelReply> | Replayable<RefundReply> | Replayable<FulfilReply>;

/** What a person does to an order. All need an Idempotency-Key: an operator's double click must not pay twice. */
export const orderCommandRoutes = new Hono<OpsBindings>()
  .post("/:id/cancel", (c) =>
    command(c, cancelSchema, (id, _body, key) => c.env.ORDER.getByName(id).cancel({ command: key, by: "shop" })),
  )
  .post("/:id/refund", (c) =>
    command(c, refundSchema, (id, body, key) => c.env.ORDER.getByName(id).refund({ command: key, ...body })),
  )
  .post("/:id/fulfil", (c) =>
    command(c, fulfilSchema, (id, body, key) => c.env.ORDER.getByName(id).fulfil({ command: key, units: body.lines })),
  );

async function command<S extends z.ZodType>(
  c: OpsContext,
  schema: S,
  carryOut: (id: string, body: z.output<S>, key: KeyedRequest) => PromiseLike<OrderReply>,
): Promise<Response> {
  const id = c.req.param("id") ?? "";
  if (!isOrderId(id)) return unknownOrder(c);
  const body = await readJson(c.req.raw, schema);
  if (!body.ok) return bodyProblem(body, extraOf(c));
  const key = await keyedRequest(c.req.raw, body.value);
  if (!key.ok) return invalidKeyProblem(extraOf(c));
  const { value } = key;
  if (!value) return missingKeyProblem(extraOf(c));
  const reply: OrderReply = await callObject(() => carryOut(id, body.value, value));
  if (!reply.ok) return refused(c, reply);
  if (reply.replayed) c.header("idempotency-replayed", "true");
  return c.json(orderView(reply.value));
}

const unknownOrder = (c: OpsContext): Response =>
  problem(c, 404, "unknown_order", "Unknown order", "There is no order with this id.");

function refused(c: OpsContext, reply: Extract<OrderReply, { ok: false }>): Response {
  const extra = extraOf(c);
  switch (reply.reason) {
    case "unknown_order":
      return unknownOrder(c);
    case "idempotency_conflict":
      return keyConflictProblem(extra);
    case "idempotency_full":
      return tooManyKeysProblem(reply, "order", extra);
    case "not_cancelable":
    case "not_fulfillable": {
      const detail = `The order is ${reply.state}.`;
      return problemResponse(409, reply.reason, "Not possible in this state", detail, {
        ...extra,
        status_now: reply.state,
      });
    }
    case "exceeds_refundable": {
      const { refundable } = reply;
      const detail = `At most ${refundable} (minor units) can still be refunded; the order is ${reply.state}.`;
      const errors = [{ pointer: "/amount", detail: `at most ${refundable}` }];
      return problemResponse(409, reply.reason, "More than can be refunded", detail, { ...extra, refundable, errors });
    }
    case "exceeds_unsent": {
      const { sku, left } = reply;
      const detail = `Of ${sku} at most ${left} can still be sent.`;
      return problemResponse(409, reply.reason, "More than can be sent", detail, { ...extra, sku, left });
    }
    default:
      return unreachable(reply);
  }
}
