import { Hono } from "hono";
import * as z from "zod";
import type { AdjustReply } from "../../../durable-objects/stock/stock.ts";
import { LIMITS } from "../../domain/limits.ts";
import { availableUnits, type StockLevel } from "../../domain/stock.ts";
import { bodyProblem, readJson } from "../../platform/http.ts";
import { invalidKeyProblem, keyConflictProblem, keyedRequest, tooManyKeysProblem } from "../../platform/idempotency.ts";
import { callObject } from "../../platform/object-call.ts";
import { problemResponse } from "../../platform/problem.ts";
import { findProduct } from "../catalog.ts";
import { extraOf, type OpsBindings, type OpsContext, parameter, skuSchema } from "../context.ts";
import { unknownProduct } from "./products.ts";

export const stockRoutes = new Hono<OpsBindings>();

const adjustmentSchema = z.strictObject({
  /** Units: what was delivered, or (negative) what is gone. */
  delta: z
    .int()
    .min(-LIMITS.stockUnits)
    .max(LIMITS.stockUnits)
    .refine((delta) => delta !== 0, "must not be 0"),
  reason: z.string().min(1).max(LIMITS.nameChars),
});

stockRoutes.get("/:sku", async (c) => {
  const sku = await knownSku(c);
  if (sku instanceof Response) return sku;
  return c.json(levelView(await callObject(() => c.env.STOCK.getByName(sku.value).level(sku.value))));
});

stockRoutes.post("/:sku/adjust", async (c) => {
  const sku = await knownSku(c);
  if (sku instanceof Response) return sku;
  const body = await readJson(c.req.raw, adjustmentSchema);
  if (!body.ok) return bodyProblem(body, extraOf(c));
  const keyed = await keyedRequest(c.req.raw, body.value);
  if (!keyed.ok) return invalidKeyProblem(extraOf(c));
  const command = keyed.value;
  const adjust = () => c.env.STOCK.getByName(sku.value).adjust({ sku: sku.value, ...body.value, command });
  // Only a keyed adjustment may be sent again by us: the object recognises the repeat.
  const reply = command ? await callObject(adjust) : await adjust();
  if (reply.replayed) c.header("idempotency-replayed", "true");
  return reply.ok ? c.json(levelView(reply.value)) : refused(c, reply);
});

function refused(c: OpsContext, reply: Exclude<AdjustReply, { ok: true }>): Response {
  const extra = extraOf(c);
  switch (reply.reason) {
    case "below_reserved": {
      const { minimumDelta } = reply;
      const detail = `Units that are held for orders cannot be taken away: delta must be at least ${minimumDelta}.`;
      return problemResponse(409, reply.reason, "Units are held", detail, { ...extra, minimum_delta: minimumDelta });
    }
    case "stock_limit": {
      const detail = `A SKU may have at most ${reply.limit} units.`;
      return problemResponse(422, reply.reason, "Too many units", detail, { ...extra, limit: reply.limit });
    }
    case "idempotency_conflict":
      return keyConflictProblem(extra);
    case "idempotency_full":
      return tooManyKeysProblem(reply, "SKU", extra);
    case "sold_out":
    case "scarce":
      throw new Error(`an adjustment cannot be refused as ${reply.reason}`);
  }
}

/** Only SKUs of the catalog have stock: a mistyped one would otherwise become an object of its own. */
async function knownSku(c: OpsContext): Promise<{ readonly value: string } | Response> {
  const sku = parameter(c, "sku", c.req.param("sku"), skuSchema);
  if (sku instanceof Response) return sku;
  return (await findProduct(c.env.DB, sku.value)) ? sku : unknownProduct(c, sku.value);
}

export const levelView = (level: StockLevel) => ({
  sku: level.sku,
  received: level.received,
  on_hand: level.onHand,
  sold: level.sold,
  reserved: level.reserved,
  available: availableUnits(level),
  seq: level.seq,
});
