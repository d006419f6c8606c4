import { Hono } from "hono";
import * as z from "zod";
import type { AlertReply } from "../../../durable-objects/alert-book/commands.ts";
import { isAlertId } from "../../domain/alerts/alert.ts";
import { DURATION_MS, LIMITS } from "../../domain/limits.ts";
import { bodyProblem, readJson } from "../../platform/http.ts";
import { callObject } from "../../platform/object-call.ts";
import { bookOf } from "../alerts/book.ts";
import { alertView } from "../alerts/view.ts";
import { extraOf, type OpsBindings, type OpsContext, parameter, problem } from "../context.ts";
import { paged, pageOf } from "../page.ts";

export const alertRoutes = new Hono<OpsBindings>();

const stateSchema = z.enum(["in_force", "cleared"]).optional();
const noteSchema = z.strictObject({ note: z.string().max(LIMITS.textChars).default("") });
export const muteSchema = z.strictObject({
  for_s: z
    .int()
    .min(1)
    .max(DURATION_MS.alertMuteMax / 1_000),
});

/** Newest first: what is in force and what was. `state` narrows it down. */
alertRoutes.get("/", async (c) => {
  const page = pageOf(c, z.int().min(1));
  if (page instanceof Response) return page;
  const state = parameter(c, "state", c.req.query("state"), stateSchema);
  if (state instanceof Response) return state;
  const { limit, after } = page;
  const rows = await callObject(() => bookOf(c.env).list({ limit: limit + 1, before: after, state: state.value }));
  return c.json(paged(rows, limit, ({ seq }) => seq, alertView));
});

alertRoutes.get("/:id", async (c) => {
  const id = c.req.param("id");
  const alert = isAlertId(id) ? await callObject(() => bookOf(c.env).find(id)) : null;
  return alert ? c.json(alertView(alert)) : unknownAlert(c);
});

/** Somebody has seen it and looks after it. Changes nothing else: it is in force until its value is well again. */
alertRoutes.post("/:id/acknowledge", async (c) => {
  const body = await readJson(c.req.raw, noteSchema);
  if (!body.ok) return bodyProblem(body, extraOf(c));
  const { name: by } = c.get("actor");
  return answer(c, (id) => bookOf(c.env).acknowledge({ id, by, note: body.value.note }));
});

/** Other systems are not told about this subject under this rule for so long. */
alertRoutes.post("/:id/mute", async (c) => {
  const body = await readJson(c.req.raw, muteSchema);
  if (!body.ok) return bodyProblem(body, extraOf(c));
  const until = Date.now() + body.value.for_s * 1_000;
  const { name: by } = c.get("actor");
  return answer(c, (id) => bookOf(c.env).mute({ id, until, by }));
});

alertRoutes.post("/:id/unmute", async (c) => {
  const { name: by } = c.get("actor");
  return answer(c, (id) => bookOf(c.env).mute({ id, until: null, by }));
});

async function answer(c: OpsContext, change: (id: string) => Promise<AlertReply>): Promise<Response> {
  const id = c.req.param("id") ?? "";
  if (!isAlertId(id)) return unknownAlert(c);
  const reply = await callObject(() => change(id));
  return reply.ok ? c.json(alertView(reply.value)) : unknownAlert(c);
}

const unknownAlert = (c: OpsContext): Response =>
  problem(c, 404, "unknown_alert", "Unknown alert", "There is no alert with this id, or it is no longer kept.");
