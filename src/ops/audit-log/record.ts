import { createMiddleware } from "hono/factory";
import { makeId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { readText } from "../../platform/http.ts";
import { inTime } from "../../platform/in-time.ts";
import { log } from "../../platform/log.ts";
import { isRead } from "../access/scopes.ts";
import { type OpsBindings, type OpsContext, problem } from "../context.ts";
import { isKill } from "../kill.ts";
import { type AuditEntry, writeEntry, writeOutcome } from "./log.ts";
import { summarize } from "./summary.ts";

const PATH_CHARS = 512;
const CODE_CHARS = 100;
/** D1 has this long to take an entry. */
const ENTRY_MS = 5_000;
/** And so long for a kill, which goes on without one. */
const KILL_ENTRY_MS = 1_000;
const SUBJECT = /^\/admin\/v1\/([^/]+(?:\/[^/]+)?)/;

/**
 * Leaves a row for every write. The row comes first and without it nothing is done: a log that is written afterwards misses exactly the
 * changes after which something went wrong. The outcome follows; should it be missing, the row says that the change was asked for.
 */
export const recordWrites = createMiddleware<OpsBindings>(async function recordWrites(c, next) {
  if (isRead(c.req.method)) return next();
  const entry = await entryOf(c);
  const waitMs = isKill(c.req.path) ? KILL_ENTRY_MS : ENTRY_MS;
  try {
    await inTime(writeEntry(c.env.DB, entry), waitMs, "the audit log");
  } catch (error) {
    log("error", "audit_entry_not_written", { request_id: entry.requestId, path: entry.path, error: String(error) });
    if (isKill(c.req.path)) return next();
    const detail = "The audit log cannot be written, so nothing was done. Please try again.";
    return problem(c, 503, "audit_log_unavailable", "Audit log unavailable", detail);
  }
  await next();
  // The caller may hang up as soon as it has seen the status; the row is finished all the same. What was done is not told later because D1 hangs.
  const finished = finish(c, entry);
  c.executionCtx.waitUntil(finished);
  await inTime(finished, waitMs).catch(() => {});
});

async function entryOf(c: OpsContext): Promise<AuditEntry> {
  const at = Date.now();
  const actor = c.get("actor");
  // A copy: the route reads the body itself.
  const body = await readText(c.req.raw.clone(), LIMITS.bodyBytes);
  return {
    id: makeId("aud", at, crypto.getRandomValues(new Uint8Array(16))),
    at,
    actorId: actor.id,
    actorName: actor.name,
    requestId: c.get("requestId"),
    method: c.req.method,
    path: c.req.path.slice(0, PATH_CHARS),
    subject: (SUBJECT.exec(c.req.path)?.[1] ?? c.req.path).slice(0, PATH_CHARS),
    request: summarize(body),
  };
}

/** The change has been made or refused; nothing that goes wrong here may change what its caller is told. */
async function finish(c: OpsContext, { id, requestId }: AuditEntry): Promise<void> {
  try {
    const { status } = c.res;
    await writeOutcome(c.env.DB, {
      id,
      at: Date.now(),
      status,
      code: await codeOf(c.res),
      subject: c.get("created") ?? null,
    });
  } catch (error) {
    log("error", "audit_outcome_not_written", { audit_id: id, request_id: requestId, error: String(error) });
  }
}

async function codeOf(response: Response): Promise<string | null> {
  if (!response.headers.get("content-type")?.startsWith("application/problem+json")) return null;
  const body: unknown = await response.clone().json();
  const code: unknown = typeof body === "object" && body !== null ? Reflect.get(body, "code") : undefined;
  return typeof code === "string" ? code.slice(0, CODE_CHARS) : null;
}
