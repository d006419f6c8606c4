import { Hono } from "hono";
import * as z from "zod";
import { PIPELINE } from "../../domain/pipeline/stages.ts";
import { type DecisionsBody, pipelineBody } from "../../domain/pipeline/view.ts";
import { callObject } from "../../platform/object-call.ts";
import type { OpsBindings } from "../context.ts";
import { feedPage } from "../decisions/feed.ts";
import { decisionSources } from "../decisions/sources.ts";
import { cursorOf, pageOf } from "../page.ts";

export const pipelineRoutes = new Hono<OpsBindings>();

/** Each stage with its state, indicators, breakers and routes, and what waits in the spill. */
pipelineRoutes.get("/pipeline", async (c) => {
  const view = await callObject(() => c.env.PIPELINE_COORDINATOR.getByName(PIPELINE).view());
  return c.json(pipelineBody(view));
});

const cursorSchema = z.record(z.string().max(100), z.int().min(1));

/** What the coordinators decided by themselves and why, newest first, and whether their logs are as they were written. */
pipelineRoutes.get("/decisions", async (c) => {
  const page = pageOf(c, cursorSchema);
  if (page instanceof Response) return page;
  const { data, next, broken } = await feedPage(decisionSources(c.env), page.limit, page.after);
  const chain = { intact: broken.length === 0, broken };
  return c.json({ data, next_cursor: next === null ? null : cursorOf(next), chain } satisfies DecisionsBody);
});
