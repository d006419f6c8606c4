import { type Context, Hono } from "hono";
import * as z from "zod";
import type { EndpointDetails } from "../../../durable-objects/webhook-endpoint/webhook-endpoint.ts";
import { isEndpointId, makeId } from "../../domain/ids.ts";
import { DURATION_MS, LIMITS } from "../../domain/limits.ts";
import { type EndpointSummary, isEventFilter, WEBHOOK_EVENTS } from "../../domain/notifications.ts";
import type { TargetRefusal } from "../../domain/webhook-target.ts";
import { bodyProblem, readJson } from "../../platform/http.ts";
import { log } from "../../platform/log.ts";
import { callObject } from "../../platform/object-call.ts";
import { problemResponse } from "../../platform/problem.ts";
import { extraOf, type OpsBindings, type OpsContext, parameter, problem } from "../context.ts";
import { cursorOf, paged, pageOf } from "../page.ts";
import { bodyOf } from "../webhooks/event.ts";
import { countEndpoints, deleteEndpoint, listEndpoints, putEndpoint } from "../webhooks/registry.ts";
import { deliveryView, detailsView, summaryView } from "../webhooks/view.ts";

export const webhookEndpointRoutes = new Hono<OpsBindings>();

const filter = z
  .string()
  .max(LIMITS.nameChars)
  .refine(isEventFilter, `must be "*", a family such as "order.*", or one of ${WEBHOOK_EVENTS.join(", ")}`);
const settings = {
  url: z.string().min(1).max(LIMITS.urlChars),
  events: z.array(filter).min(1).max(LIMITS.webhookFilters),
  description: z.string().max(LIMITS.nameChars),
};
const newEndpointSchema = z.strictObject({ ...settings, description: settings.description.default("") });
const changeSchema = z
  .strictObject({ ...settings, status: z.enum(["enabled", "disabled"]) })
  .partial()
  .refine((change) => Object.keys(change).length > 0, "must change something");
const rotateSchema = z.strictObject({
  /** How long the old secret goes on signing. 0 for one that has leaked. */
  overlap_seconds: z
    .int()
    .min(0)
    .max(DURATION_MS.webhookSecretOverlapMax / 1_000)
    .default(DURATION_MS.webhookSecretOverlap / 1_000),
});
const stateSchema = z.enum(["pending", "delivered", "failed"]).optional();

webhookEndpointRoutes.get("/", async (c) => {
  const page = pageOf(c, z.string().max(64));
  if (page instanceof Response) return page;
  return c.json(paged(await listEndpoints(c.env.DB, page), page.limit, ({ id }) => id, summaryView));
});

/** The answer is the only place where this secret ever appears. */
webhookEndpointRoutes.post("/", async (c) => {
  const body = await readJson(c.req.raw, newEndpointSchema);
  if (!body.ok) return bodyProblem(body, extraOf(c));
  const limit = LIMITS.webhookEndpoints;
  if ((await countEndpoints(c.env.DB)) >= limit) {
    const extra = { ...extraOf(c), limit };
    return problemResponse(409, "too_many_endpoints", "Too many endpoints", `There may be at most ${limit}.`, extra);
  }
  const id = makeId("we", Date.now(), crypto.getRandomValues(new Uint8Array(16)));
  // Not repeated by us: a second call would not get the secret that the first one made.
  const made = await c.env.WEBHOOK_ENDPOINT.getByName(id).create(id, body.value);
  if (!made.ok) return refusedTarget(c, made);
  await mirror(c, made.value.endpoint);
  c.set("created", `webhook-endpoints/${id}`);
  c.header("location", `/admin/v1/webhook-endpoints/${id}`);
  return c.json({ ...detailsView(made.value), secret: made.value.secret }, 201);
});

webhookEndpointRoutes.get("/:id", async (c) => {
  const id = idOf(c);
  const details: EndpointDetails | null = id === undefined ? null : await callObject(() => objectOf(c, id).details());
  return details ? c.json(detailsView(details)) : unknownEndpoint(c);
});

webhookEndpointRoutes.patch("/:id", async (c) => {
  const id = idOf(c);
  if (id === undefined) return unknownEndpoint(c);
  const body = await readJson(c.req.raw, changeSchema);
  if (!body.ok) return bodyProblem(body, extraOf(c));
  const reply = await callObject(() => objectOf(c, id).configure(body.value));
  if (!reply.ok) return reply.reason === "target_refused" ? refusedTarget(c, reply) : unknownEndpoint(c);
  await mirror(c, reply.value.endpoint);
  return c.json(detailsView(reply.value));
});

/** The object first: once it is gone nothing is sent any more, and a repeat finishes what was left of this. */
webhookEndpointRoutes.delete("/:id", async (c) => {
  const id = idOf(c);
  if (id === undefined) return unknownEndpoint(c);
  const existed = await callObject(() => objectOf(c, id).remove());
  const wasListed = await deleteEndpoint(c.env.DB, id, Date.now());
  return existed || wasListed ? c.body(null, 204) : unknownEndpoint(c);
});

webhookEndpointRoutes.post("/:id/rotate-secret", async (c) => {
  const id = idOf(c);
  if (id === undefined) return unknownEndpoint(c);
  const body = await readJson(c.req.raw, rotateSchema);
  if (!body.ok) return bodyProblem(body, extraOf(c));
  // Not repeated by us: each call makes a secret, and the one before would sign no more.
  const reply = await objectOf(c, id).rotateSecret(body.value.overlap_seconds * 1_000);
  return reply.ok ? c.json({ ...detailsView(reply.value), secret: reply.value.secret }) : unknownEndpoint(c);
});

webhookEndpointRoutes.post("/:id/test", async (c) => {
  const id = idOf(c);
  if (id === undefined) return unknownEndpoint(c);
  const now = Date.now();
  const eventId = makeId("evt", now, crypto.getRandomValues(new Uint8Array(16)));
  const body = bodyOf("endpoint.test", now, { endpoint: { id } });
  const reply = await callObject(() => objectOf(c, id).sendTest({ id: eventId, type: "endpoint.test", body }));
  return reply.ok ? c.json(deliveryView(id, reply.value)) : unknownEndpoint(c);
});

/** The log, newest first; `state` narrows it down. */
webhookEndpointRoutes.get("/:id/deliveries", async (c) => {
  const id = idOf(c);
  if (id === undefined) return unknownEndpoint(c);
  const page = pageOf(c, z.int().min(1));
  if (page instanceof Response) return page;
  const state = parameter(c, "state", c.req.query("state"), stateSchema);
  if (state instanceof Response) return state;
  const { limit, after } = page;
  const rows = await callObject(() =>
    objectOf(c, id).deliveries({ limit: limit + 1, before: after, state: state.value }),
  );
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return c.json({ data: shown.map((row) => deliveryView(id, row)), next_cursor: last ? cursorOf(last.seq) : null });
});

/** So that the next list shows it. Should this fail, the object's own message brings the registry up to date. */
async function mirror(c: OpsContext, endpoint: EndpointSummary): Promise<void> {
  try {
    await putEndpoint(c.env.DB, endpoint);
  } catch (error) {
    log("warn", "webhook_endpoint_not_mirrored", { endpointId: endpoint.id, error: String(error) });
  }
}

/** Any text names an object; only a well-formed id may bring one into being. */
function idOf(c: Context<OpsBindings>): string | undefined {
  const id = c.req.param("id") ?? "";
  return isEndpointId(id) ? id : undefined;
}

const objectOf = (c: OpsContext, id: string) => c.env.WEBHOOK_ENDPOINT.getByName(id);

export const unknownEndpoint = (c: OpsContext): Response =>
  problem(c, 404, "unknown_endpoint", "Unknown endpoint", "There is no webhook endpoint with this id.");

function refusedTarget(c: OpsContext, { reason, detail }: TargetRefusal): Response {
  const errors = [{ pointer: "/url", detail }];
  return problemResponse(422, reason, "Target refused", `/url: ${detail}`, { ...extraOf(c), errors });
}
