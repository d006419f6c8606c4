import { Hono } from "hono";
import * as z from "zod";
import { CAUSE_PATTERN } from "../../domain/fingerprint.ts";
import { bodyProblem, readJson } from "../../platform/http.ts";
import { extraOf, type OpsBindings, type OpsContext, parameter, problem } from "../context.ts";
import { paged, pageOf } from "../page.ts";
import {
  causeView,
  findRejected,
  fullRejectedView,
  isKnownCause,
  listCauses,
  listRejected,
  outcomeView,
  rejectedView,
} from "../rejected-webhooks.ts";

/** The webhook debugger: what Stripe sent and we did not take in, why, and once more after the fix. */
export const webhookRoutes = new Hono<OpsBindings>();

/** Replayed in one call; more is a matter of calling again. */
const REPLAY_MAX = 50;

const idSchema = z.coerce.number("must be a whole number").int().min(1);
const causeSchema = z.string().regex(CAUSE_PATTERN, "must be a cause as the list of causes names it");
const statusSchema = z.enum(["refused", "waiting", "replayed"]);
const replaySchema = z.strictObject({ limit: z.int().min(1).max(REPLAY_MAX).default(REPLAY_MAX) });
const causeKeySchema = z.tuple([z.int(), z.string().max(100)]);

/** Newest first; `cause` and `status` narrow it down. */
webhookRoutes.get("/rejected", async (c) => {
  const page = pageOf(c, z.int().min(1));
  if (page instanceof Response) return page;
  const cause = parameter(c, "cause", c.req.query("cause"), causeSchema.optional());
  if (cause instanceof Response) return cause;
  const status = parameter(c, "status", c.req.query("status"), statusSchema.optional());
  if (status instanceof Response) return status;
  const rows = await listRejected(c.env.DB, page, { cause: cause.value, status: status.value });
  return c.json(paged(rows, page.limit, (row) => row.id, rejectedView));
});

webhookRoutes.get("/rejected/causes", async (c) => {
  const page = pageOf(c, causeKeySchema);
  if (page instanceof Response) return page;
  const rows = await listCauses(c.env.DB, page);
  return c.json(paged(rows, page.limit, (row) => [row.last_at, row.cause], causeView));
});

webhookRoutes.get("/rejected/:id", async (c) => {
  const id = parameter(c, "id", c.req.param("id"), idSchema);
  if (id instanceof Response) return id;
  const row = await findRejected(c.env.DB, id.value);
  return row ? c.json(fullRejectedView(row)) : unknownWebhook(c);
});

webhookRoutes.post("/rejected/:id/replay", async (c) => {
  const id = parameter(c, "id", c.req.param("id"), idSchema);
  if (id instanceof Response) return id;
  const reply = await c.env.PAYMENTS.replayWebhook(id.value);
  if (reply.ok) return c.json(outcomeView(reply.value));
  switch (reply.reason) {
    case "unknown_webhook":
      return unknownWebhook(c);
    case "not_replayable": {
      const detail = "Nobody knows who sent this call, or it is no event: only what Stripe has signed is replayed.";
      return problem(c, 409, "not_replayable", "Not replayable", detail);
    }
  }
});

/** A batch of one cause, oldest first. Call again while something waits that has not been tried. */
webhookRoutes.post("/rejected/causes/:cause/replay", async (c) => {
  const cause = parameter(c, "cause", c.req.param("cause"), causeSchema);
  if (cause instanceof Response) return cause;
  const body = await readJson(c.req.raw, replaySchema);
  if (!body.ok) return bodyProblem(body, extraOf(c));
  if (!(await isKnownCause(c.env.DB, cause.value))) {
    return problem(c, 404, "unknown_cause", "Unknown cause", "No webhook was rejected for this cause.");
  }
  const { outcomes, waiting } = await c.env.PAYMENTS.replayCause(cause.value, body.value.limit);
  const results = outcomes.map(outcomeView);
  const understood = results.filter(({ result }) => result === "handled" || result === "ignored").length;
  return c.json({ cause: cause.value, tried: results.length, understood, waiting, results });
});

const unknownWebhook = (c: OpsContext): Response =>
  problem(c, 404, "unknown_webhook", "Unknown webhook", "No rejected webhook with this id is kept.");
