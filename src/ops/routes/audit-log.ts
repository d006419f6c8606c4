import { Hono } from "hono";
import * as z from "zod";
import { auditEntryView, listEntries } from "../audit-log/log.ts";
import { type OpsBindings, parameter } from "../context.ts";
import { paged, pageOf } from "../page.ts";

export const auditLogRoutes = new Hono<OpsBindings>();

const text = z.string().min(1).max(512).optional();
const instant = z.iso
  .datetime({ offset: true, error: "must be an RFC 3339 time such as 2026-11-27T08:00:00Z" })
  .transform((value) => Date.parse(value))
  .optional();

/** Who changed what, newest first. `actor` is a key's id, `subject` e.g. `orders/ord_...`, `from` is included and `to` is not. */
auditLogRoutes.get("/", async (c) => {
  const page = pageOf(c, z.string().max(64));
  if (page instanceof Response) return page;
  const actor = parameter(c, "actor", c.req.query("actor"), text);
  if (actor instanceof Response) return actor;
  const subject = parameter(c, "subject", c.req.query("subject"), text);
  if (subject instanceof Response) return subject;
  const from = parameter(c, "from", c.req.query("from"), instant);
  if (from instanceof Response) return from;
  const to = parameter(c, "to", c.req.query("to"), instant);
  if (to instanceof Response) return to;
  const filter = { actor: actor.value, subject: subject.value, from: from.value, to: to.value };
  const rows = await listEntries(c.env.DB, filter, page);
  return c.json(paged(rows, page.limit, (row) => row.id, auditEntryView));
});
