import { Hono } from "hono";
import { ageMs } from "../../domain/age.ts";
import { PIPELINE } from "../../domain/pipeline/stages.ts";
import { type PipelineBody, pipelineBody } from "../../domain/pipeline/view.ts";
import { inTime } from "../../platform/in-time.ts";
import { log } from "../../platform/log.ts";
import type { StorefrontContext } from "../context.ts";

/** Whoever asks within this time of an answer gets the same one: this is open to everybody, and there is one coordinator. */
const KEPT_MS = 2_000;
const ANSWER_MS = 2_000;
let known: { readonly body: PipelineBody; readonly at: number } | undefined;

/**
 * Whether what stands behind the storefront works. `degraded` is 200: the shop sells on, by another way or more slowly. Errors are not shown here, because
 * everybody may read this; the admin API has them.
 */
export const readiness = new Hono<StorefrontContext>().get("/readyz", async (c) => {
  const body = await pipelineNow(c.env, Date.now());
  if (!body) return c.json({ status: "unavailable", stages: [] }, 503, { "retry-after": "2" });
  const stages = body.stages.map(({ stage, state, route, indicators: all }) => {
    const { last_error: _, ...indicators } = all;
    return { stage, state, route, indicators };
  });
  const isDegraded = stages.some(({ state }) => state === "failed" || state === "stale");
  return c.json({ status: isDegraded ? "degraded" : "ready", as_of: body.as_of, stages });
});

async function pipelineNow(env: StorefrontEnv, now: number): Promise<PipelineBody | undefined> {
  if (known && ageMs(known.at, now) < KEPT_MS) return known.body;
  try {
    const view = await inTime(env.PIPELINE_COORDINATOR.getByName(PIPELINE).view(), ANSWER_MS, "the coordinator");
    known = { body: pipelineBody(view), at: now };
    return known.body;
  } catch (error) {
    log("error", "readiness_unknown", { error: String(error) });
    return undefined;
  }
}
