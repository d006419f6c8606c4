import { Hono } from "hono";
import * as z from "zod";
import { type OpsBindings, time } from "../context.ts";
import { paged, pageOf } from "../page.ts";

export const webhookRoutes = new Hono<OpsBindings>();

interface RejectedRow {
  readonly id: number;
  readonly reason: string;
  readonly detail: string;
  readonly event_id: string | null;
  readonly event_type: string | null;
  readonly headers: string;
  readonly payload: string;
  readonly at: number;
}

/** Webhook calls that were refused, newest first, with what is needed to find out why. */
webhookRoutes.get("/rejected", async (c) => {
  const page = pageOf(c, z.int().min(1));
  if (page instanceof Response) return page;
  const { results } = await c.env.DB.prepare("SELECT * FROM rejected_webhooks WHERE id < ? ORDER BY id DESC LIMIT ?")
    .bind(page.after ?? Number.MAX_SAFE_INTEGER, page.limit + 1)
    .all<RejectedRow>();
  return c.json(
    paged(
      results,
      page.limit,
      (row) => row.id,
      (row) => ({ ...row, at: time(row.at) }),
    ),
  );
});
