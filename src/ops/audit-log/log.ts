import { makeId } from "../../domain/ids.ts";
import { time } from "../context.ts";
import type { Page } from "../page.ts";

/** One asked-for change, as far as it is known before it is made. `at` in UTC ms, `request` JSON text. */
export interface AuditEntry {
  readonly id: string;
  readonly at: number;
  readonly actorId: string;
  readonly actorName: string;
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly subject: string;
  readonly request: string;
}

export interface AuditOutcome {
  readonly id: string;
  readonly at: number;
  readonly status: number;
  /** The problem's code when the change was refused. */
  readonly code: string | null;
  readonly subject: string | null;
}

export async function writeEntry(db: D1Database, entry: AuditEntry): Promise<void> {
  await db
    .prepare(
      `INSERT INTO audit_log (id, at, actor_id, actor_name, request_id, method, path, subject, request)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .bind(
      entry.id,
      entry.at,
      entry.actorId,
      entry.actorName,
      entry.requestId,
      entry.method,
      entry.path,
      entry.subject,
      entry.request,
    )
    .run();
}

export async function writeOutcome(db: D1Database, { id, at, status, code, subject }: AuditOutcome): Promise<void> {
  await db
    .prepare("INSERT INTO audit_outcomes (id, at, status, code, subject) VALUES (?, ?, ?, ?, ?)")
    .bind(id, at, status, code, subject)
    .run();
}

/** The smallest id of a millisecond: ids are UUIDv7, so a time is a place in their order. */
const firstIdOf = (ms: number): string => makeId("aud", ms, new Uint8Array(16));

/** By the path, or by what came into being. */
const NAMED =
  "l.id IN (SELECT id FROM audit_log WHERE subject = ? UNION SELECT id FROM audit_outcomes WHERE subject = ?)";

export interface AuditFilter {
  readonly actor?: string | undefined;
  readonly subject?: string | undefined;
  /** UTC ms, inclusive. */
  readonly from?: number | undefined;
  /** UTC ms, exclusive. */
  readonly to?: number | undefined;
}

export interface AuditRow extends AuditEntry {
  readonly endedAt: number | null;
  readonly status: number | null;
  readonly code: string | null;
  readonly created: string | null;
}

/** Newest first; one row more than asked for, for `paged`. */
export async function listEntries(db: D1Database, filter: AuditFilter, page: Page<string>): Promise<AuditRow[]> {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  const narrow = (condition: string, ...bound: string[]): void => {
    conditions.push(condition);
    values.push(...bound);
  };
  if (filter.actor !== undefined) narrow("l.actor_id = ?", filter.actor);
  if (filter.subject !== undefined) narrow(NAMED, filter.subject, filter.subject);
  if (filter.from !== undefined) narrow("l.id >= ?", firstIdOf(filter.from));
  if (filter.to !== undefined) narrow("l.id < ?", firstIdOf(filter.to));
  if (page.after !== undefined) narrow("l.id < ?", page.after);
  const where = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "";
  const { results } = await db
    .prepare(
      `SELECT l.id, l.at, l.actor_id AS actorId, l.actor_name AS actorName, l.request_id AS requestId, l.method, l.path,
         l.subject, l.request, o.at AS endedAt, o.status, o.code, o.subject AS created
       FROM audit_log l LEFT JOIN audit_outcomes o ON o.id = l.id ${where} ORDER BY l.id DESC LIMIT ?`,
    )
    .bind(...values, page.limit + 1)
    .all<AuditRow>();
  return results;
}

export const auditEntryView = (row: AuditRow) => ({
  id: row.id,
  at: time(row.at),
  actor: { id: row.actorId, name: row.actorName },
  request_id: row.requestId,
  method: row.method,
  path: row.path,
  subject: row.created ?? row.subject,
  // SAFETY: only `summarize` writes this column, and the table checks that it is JSON.
  request: JSON.parse(row.request) as unknown,
  outcome:
    row.status === null || row.endedAt === null
      ? null
      : { status: row.status, ...(row.code !== null && { code: row.code }), at: time(row.endedAt) },
});
