import { Hono } from "hono";
import { trackedBatchSchema, trackedEventSchema, trackedSchema } from "../../domain/events/tracking-schema.ts";
import type { C, StorefrontContext } from "../context.ts";
import { documented } from "../openapi.ts";
import type { ProblemCode } from "../problem.ts";
import { answerOf } from "./forward.ts";

/** As servers name them; analytics.js calls the same by their first letter. */
const CALLS = ["track", "page", "identify", "screen", "group", "alias"] as const;
const LETTERS = ["t", "p", "i", "s", "g", "a", "b", "m"] as const;

const TRACKED = { 200: { description: "The queue has taken the events", schema: trackedSchema } };
const PROBLEMS: readonly ProblemCode[] = [
  "malformed_json",
  "malformed_batch",
  "unknown_write_key",
  "body_too_large",
  "too_many_events",
  "overloaded",
];
const AUTHORIZATION = {
  Authorization: { description: "`Basic` with the write key as user name and no password, or `Bearer`" },
};

/** On as it came, and back as it was answered: analytics has its own limits, its own CORS and its own ids of requests. */
const forward = async (c: C): Promise<Response> => answerOf(c, await c.env.ANALYTICS.fetch(c.req.raw));

/**
 * The tracking API belongs to analytics. These come before all middleware of the shop: an event is the commonest request there is, a batch is
 * larger than any other body, and clients that share an address must not use up each other's limit for carts.
 */
export const tracking = new Hono<StorefrontContext>();

tracking.post(
  "/v1/batch",
  documented({
    summary: "Track a batch of events",
    description:
      "Segment's HTTP API: its libraries only need another host. A bad event never fails its batch; it is counted as rejected with its reason. The body is read as JSON whatever its content type says.",
    tag: "Tracking",
    body: trackedBatchSchema,
    answers: TRACKED,
    problems: PROBLEMS,
    headers: AUTHORIZATION,
  }),
  forward,
);
for (const call of CALLS) {
  tracking.post(
    `/v1/${call}`,
    documented({
      summary: `Track one event: ${call}`,
      tag: "Tracking",
      body: trackedEventSchema,
      answers: TRACKED,
      problems: PROBLEMS,
      headers: AUTHORIZATION,
    }),
    forward,
  );
}
for (const path of ["batch", "import", "projects/:key/settings", ...CALLS, ...LETTERS])
  tracking.all(`/v1/${path}`, forward);
tracking.all("/mp/collect", forward);
