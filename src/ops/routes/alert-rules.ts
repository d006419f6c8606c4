import { Hono } from "hono";
import * as z from "zod";
import { alertRuleSchema, ruleIdSchema } from "../../domain/alerts/rule.ts";
import { etagOf, versionOf } from "../../platform/entity-tags.ts";
import { bodyProblem, readJson } from "../../platform/http.ts";
import { callObject } from "../../platform/object-call.ts";
import { problemResponse } from "../../platform/problem.ts";
import { bookOf } from "../alerts/book.ts";
import { ruleView } from "../alerts/view.ts";
import { extraOf, type OpsBindings, type OpsContext, parameter, problem } from "../context.ts";
import { muteSchema } from "./alerts.ts";

export const alertRuleRoutes = new Hono<OpsBindings>();

/** A rule's version is its entity tag, so that two who edit one do not overwrite each other. */
const ifMatchSchema = z
  .string()
  .refine((tag) => versionOf(tag) !== undefined, 'must be the ETag of the rule, such as "3"')
  .transform(versionOf)
  .optional();

/** All of them; there are at most `LIMITS.alertRules`. */
alertRuleRoutes.get("/", async (c) => {
  const rules = await callObject(() => bookOf(c.env).rules());
  return c.json({ data: rules.map(ruleView), next_cursor: null });
});

alertRuleRoutes.get("/:id", async (c) => {
  const rule = await callObject(() => bookOf(c.env).rule(c.req.param("id")));
  if (!rule) return unknownRule(c);
  c.header("etag", etagOf(rule.version));
  return c.json(ruleView(rule));
});

/** Makes the rule, or replaces all of it. */
alertRuleRoutes.put("/:id", async (c) => {
  const id = parameter(c, "id", c.req.param("id"), ruleIdSchema);
  if (id instanceof Response) return id;
  const ifVersion = parameter(c, "If-Match", c.req.header("if-match"), ifMatchSchema);
  if (ifVersion instanceof Response) return ifVersion;
  const body = await readJson(c.req.raw, alertRuleSchema);
  if (!body.ok) return bodyProblem(body, extraOf(c));
  const change = { id: id.value, rule: body.value, by: c.get("actor").name, ifVersion: ifVersion.value };
  const reply = await callObject(() => bookOf(c.env).putRule(change));
  if (reply.ok) {
    c.header("etag", etagOf(reply.value.rule.version));
    return c.json(ruleView(reply.value.rule), reply.value.created ? 201 : 200);
  }
  if (reply.reason === "stale_version") {
    const detail = `Somebody changed it meanwhile: it has version ${reply.version}.`;
    const extra = { ...extraOf(c), version: reply.version };
    return problemResponse(412, "stale_version", "Stale version", detail, extra);
  }
  const { limit } = reply;
  const extra = { ...extraOf(c), limit };
  return problemResponse(409, "too_many_rules", "Too many rules", `There may be at most ${limit}.`, extra);
});

/** What it has in force ends with it. */
alertRuleRoutes.delete("/:id", async (c) => {
  const reply = await callObject(() => bookOf(c.env).removeRule(c.req.param("id")));
  if (reply.ok) return c.body(null, 204);
  if (reply.reason === "unknown_rule") return unknownRule(c);
  const detail = "The shop began with this rule. Turn it off with `enabled`, or reset it.";
  return problem(c, 409, "default_rule", "Default rule", detail);
});

/** Back to what the shop began with. */
alertRuleRoutes.post("/:id/reset", async (c) => {
  const [id, by] = [c.req.param("id"), c.get("actor").name];
  const reply = await callObject(() => bookOf(c.env).resetRule({ id, by }));
  if (reply.ok) return c.json(ruleView(reply.value));
  if (reply.reason === "unknown_rule") return unknownRule(c);
  return problem(
    c,
    409,
    "no_default",
    "No default",
    "This rule is the shop's own: there is nothing to set it back to.",
  );
});

/** Sends a test the way that its alerts go, to every endpoint that wants them. */
alertRuleRoutes.post("/:id/test", async (c) => {
  // Not repeated by us: each call is a test of its own.
  const reply = await bookOf(c.env).testRule(c.req.param("id"));
  return reply.ok ? c.json(reply.value, 202) : unknownRule(c);
});

alertRuleRoutes.post("/:id/mute", async (c) => {
  const body = await readJson(c.req.raw, muteSchema);
  if (!body.ok) return bodyProblem(body, extraOf(c));
  return mute(c, Date.now() + body.value.for_s * 1_000);
});

alertRuleRoutes.post("/:id/unmute", (c) => mute(c, null));

async function mute(c: OpsContext, until: number | null): Promise<Response> {
  const [id, by] = [c.req.param("id") ?? "", c.get("actor").name];
  const reply = await callObject(() => bookOf(c.env).muteRule({ id, until, by }));
  return reply.ok ? c.json(ruleView(reply.value)) : unknownRule(c);
}

const unknownRule = (c: OpsContext): Response =>
  problem(c, 404, "unknown_rule", "Unknown rule", "There is no alert rule with this id.");
