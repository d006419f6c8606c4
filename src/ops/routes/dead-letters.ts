import { Hono } from "hono";
import * as z from "zod";
import { type OpsBindings, parameter, time } from "../context.ts";
import { DEAD_QUEUES } from "../dead-queues.ts";
import { cursorOf, pageOf } from "../page.ts";

export const deadLetterRoutes = new Hono<OpsBindings>();

const queueSchema = z.enum(DEAD_QUEUES);

/** What ran out of retries in one queue, newest first. Nothing is dropped: a dead letter stays until a person deals with it. */
deadLetterRoutes.get("/", async (c) => {
  const queue = parameter(c, "queue", c.req.query("queue"), queueSchema);
  if (queue instanceof Response) return queue;
  const page = pageOf(c, z.int().min(1));
  if (page instanceof Response) return page;
  const letters = c.env.DEAD_LETTERS.getByName(queue.value);
  const [rows, count] = await Promise.all([letters.list({ limit: page.limit, before: page.after }), letters.count()]);
  const data = rows.map(({ messageId, body, attempts, at }) => ({
    message_id: messageId,
    body,
    attempts,
    at: time(at),
  }));
  // The object answers at most one page, never one row more: a full page may turn out to have been the last.
  const last = rows.length === page.limit ? rows.at(-1) : undefined;
  return c.json({ data, next_cursor: last ? cursorOf(last.seq) : null, queue: queue.value, count });
});
