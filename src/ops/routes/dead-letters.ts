import { Hono } from "hono";
import * as z from "zod";
import type { LetterStatus, StoredLetter } from "../../../durable-objects/dead-letters/table.ts";
import { CAUSE_PATTERN } from "../../domain/fingerprint.ts";
import { LIMITS } from "../../domain/limits.ts";
import { bodyProblem, readJson } from "../../platform/http.ts";
import { callObject } from "../../platform/object-call.ts";
import { problemResponse } from "../../platform/problem.ts";
import { actorOf, extraOf, type OpsBindings, type OpsContext, parameter, problem } from "../context.ts";
import { causeCountView, headView, letterView } from "../dead-letter-view.ts";
import { DEAD_QUEUES, type DeadQueue, LIVE_QUEUES } from "../dead-queues.ts";
import { cursorOf, pageOf } from "../page.ts";

/** What ran out of retries: look at it, send it again, or decide against it. Nothing is dropped that nobody has looked at. */
export const deadLetterRoutes = new Hono<OpsBindings>();

const REPLAY_MAX = 100;

const queueSchema = z.enum(DEAD_QUEUES);
const seqSchema = z.coerce.number("must be a whole number").int().min(1);
const statusSchema = z.enum(["dead", "replayed", "discarded"]).default("dead");
const causeSchema = z.string().regex(CAUSE_PATTERN, "must be a cause as the list of queues names it");
const discardSchema = z.strictObject({ reason: z.string().trim().min(1).max(LIMITS.textChars) });
const replaySchema = z.strictObject({
  cause: causeSchema,
  /** `next_after` of the batch before. */
  after: z.int().min(0).default(0),
  limit: z.int().min(1).max(REPLAY_MAX).default(REPLAY_MAX),
});

/** Every queue with its counts and causes; with `?queue=` the letters of that one. */
deadLetterRoutes.get("/", async (c) => {
  const named = c.req.query("queue");
  if (named !== undefined) return list(c, named);
  const data = await Promise.all(
    DEAD_QUEUES.map(async (queue) => {
      const { count, unsent, causes } = await callObject(() => c.env.DEAD_LETTERS.getByName(queue).overview());
      return { queue, count, unsent, causes: causes.map(causeCountView) };
    }),
  );
  return c.json({ data });
});

deadLetterRoutes.get("/:queue", (c) => list(c, c.req.param("queue")));

/** Newest first. `status` is `dead` unless the history is asked for. */
async function list(c: OpsContext, named: string): Promise<Response> {
  const queue = parameter(c, "queue", named, queueSchema);
  if (queue instanceof Response) return queue;
  const page = pageOf(c, z.int().min(1));
  if (page instanceof Response) return page;
  const status = parameter(c, "status", c.req.query("status"), statusSchema);
  if (status instanceof Response) return status;
  const cause = parameter(c, "cause", c.req.query("cause"), causeSchema.optional());
  if (cause instanceof Response) return cause;
  const narrow: { status: LetterStatus; cause: string | undefined } = { status: status.value, cause: cause.value };
  const letters = () => c.env.DEAD_LETTERS.getByName(queue.value);
  const [rows, count] = await Promise.all([
    callObject(() => letters().list({ limit: page.limit, before: page.after, ...narrow })),
    callObject(() => letters().count()),
  ]);
  // The object answers at most one page, never one row more: a full page may turn out to have been the last.
  const last = rows.length === page.limit ? rows.at(-1) : undefined;
  return c.json({
    data: rows.map(headView),
    next_cursor: last ? cursorOf(last.seq) : null,
    queue: queue.value,
    count,
  });
}

interface Place {
  readonly queue: DeadQueue;
  readonly seq: number;
}

deadLetterRoutes.get("/:queue/:seq", async (c) => {
  const place = placeOf(c, c.req.param("queue"), c.req.param("seq"));
  if (place instanceof Response) return place;
  const { queue, seq } = place;
  const letter: StoredLetter | null = await callObject(() => c.env.DEAD_LETTERS.getByName(queue).read(seq));
  return letter ? c.json(letterView(letter, LIVE_QUEUES[queue])) : unknownLetter(c);
});

deadLetterRoutes.post("/:queue/:seq/replay", async (c) => {
  const place = placeOf(c, c.req.param("queue"), c.req.param("seq"));
  if (place instanceof Response) return place;
  const { queue, seq } = place;
  const command = { queue: LIVE_QUEUES[queue], seq, by: actorOf(c) };
  const reply = await callObject(() => c.env.DEAD_LETTERS.getByName(queue).replay(command));
  if (reply.ok) return c.json({ ...headView(reply.value.letter), repeated: reply.value.repeated });
  switch (reply.reason) {
    case "unknown_letter":
      return unknownLetter(c);
    case "discarded":
      return problem(
        c,
        409,
        "letter_discarded",
        "Letter was discarded",
        "A letter that was discarded is not replayed.",
      );
    case "unparseable": {
      const detail = "Its queue's schema still refuses this message: it would die again. Look at `mismatches`.";
      const extra = { ...extraOf(c), mismatches: reply.mismatches };
      return problemResponse(409, "letter_unparseable", "Letter cannot be read", detail, extra);
    }
  }
});

/** A batch of one cause, oldest first. `next_after` goes into the next call, until it is null. */
deadLetterRoutes.post("/:queue/replay", async (c) => {
  const queue = parameter(c, "queue", c.req.param("queue"), queueSchema);
  if (queue instanceof Response) return queue;
  const body = await readJson(c.req.raw, replaySchema);
  if (!body.ok) return bodyProblem(body, extraOf(c));
  const { cause, after, limit } = body.value;
  const command = { queue: LIVE_QUEUES[queue.value], cause, after, limit, by: actorOf(c) };
  const { replayed, unparseable, next } = await callObject(() =>
    c.env.DEAD_LETTERS.getByName(queue.value).replayCause(command),
  );
  return c.json({ queue: queue.value, cause, replayed, unparseable, next_after: next });
});

deadLetterRoutes.post("/:queue/:seq/discard", async (c) => {
  const place = placeOf(c, c.req.param("queue"), c.req.param("seq"));
  if (place instanceof Response) return place;
  const body = await readJson(c.req.raw, discardSchema);
  if (!body.ok) return bodyProblem(body, extraOf(c));
  const { queue, seq } = place;
  const command = { seq, by: actorOf(c), why: body.value.reason };
  const reply = await callObject(() => c.env.DEAD_LETTERS.getByName(queue).discard(command));
  if (reply.ok) return c.json({ ...headView(reply.value.letter), repeated: reply.value.repeated });
  switch (reply.reason) {
    case "unknown_letter":
      return unknownLetter(c);
    case "replayed":
      return problem(c, 409, "letter_replayed", "Letter was replayed", "A letter that was replayed is not discarded.");
  }
});

function placeOf(c: OpsContext, named: string, numbered: string): Place | Response {
  const queue = parameter(c, "queue", named, queueSchema);
  if (queue instanceof Response) return queue;
  const seq = parameter(c, "seq", numbered, seqSchema);
  return seq instanceof Response ? seq : { queue: queue.value, seq: seq.value };
}

const unknownLetter = (c: OpsContext): Response =>
  problem(c, 404, "unknown_letter", "Unknown letter", "This queue has no dead letter with this number.");
