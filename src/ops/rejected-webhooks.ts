import type { ReplayOutcome } from "../payments/webhook-replay.ts";
import { time } from "./context.ts";
import { hideSecrets } from "./hidden.ts";
import type { Page } from "./page.ts";

/** A rejected call without what makes it large. */
interface RejectedRow {
  readonly id: number;
  readonly cause: string;
  readonly status: string;
  readonly reason: string;
  readonly detail: string;
  readonly path: string | null;
  readonly expected: string | null;
  readonly actual: string | null;
  readonly note: string | null;
  readonly order_id: string | null;
  readonly event_id: string | null;
  readonly event_type: string | null;
  readonly api_version: string | null;
  readonly payload_chars: number;
  readonly at: number;
  readonly replays: number;
  readonly replayed_at: number | null;
  readonly replay_result: string | null;
  readonly replay_detail: string | null;
}
type FullRow = RejectedRow & { readonly headers: string; readonly payload: string };

export interface CauseRow {
  readonly cause: string;
  readonly reason: string;
  readonly event_type: string | null;
  readonly path: string | null;
  readonly expected: string | null;
  readonly note: string | null;
  readonly count: number;
  readonly first_at: number;
  readonly last_at: number;
  readonly last_id: number;
  readonly kept: number;
  readonly waiting: number;
}

const COLUMNS = `id, cause, status, reason, detail, path, expected, actual, note, order_id, event_id, event_type, api_version,
  payload_chars, at, replays, replayed_at, replay_result, replay_detail`;

export interface RejectedFilter {
  readonly cause?: string | undefined;
  readonly status?: string | undefined;
}

/** Newest first. */
export async function listRejected(
  db: D1Database,
  { limit, after }: Page<number>,
  { cause, status }: RejectedFilter,
): Promise<RejectedRow[]> {
  const conditions = ["id < ?"];
  const values: (string | number)[] = [after ?? Number.MAX_SAFE_INTEGER];
  if (cause !== undefined) {
    conditions.push("cause = ?");
    values.push(cause);
  }
  if (status !== undefined) {
    conditions.push("status = ?");
    values.push(status);
  }
  const sql = `SELECT ${COLUMNS} FROM rejected_webhooks WHERE ${conditions.join(" AND ")} ORDER BY id DESC LIMIT ?`;
  const statement = db.prepare(sql).bind(...values, limit + 1);
  return (await statement.all<RejectedRow>()).results;
}

export async function findRejected(db: D1Database, id: number): Promise<FullRow | null> {
  const statement = db.prepare(`SELECT ${COLUMNS}, headers, payload FROM rejected_webhooks WHERE id = ?`);
  return statement.bind(id).first<FullRow>();
}

/** The cause that was last seen first. Two causes may have been seen in one millisecond, so the key is time and name. */
export async function listCauses(
  db: D1Database,
  { limit, after }: Page<readonly [number, string]>,
): Promise<CauseRow[]> {
  const [at, cause] = after ?? [Number.MAX_SAFE_INTEGER, ""];
  const { results } = await db
    .prepare(
      `SELECT c.*,
         (SELECT COUNT(*) FROM rejected_webhooks r WHERE r.cause = c.cause) AS kept,
         (SELECT COUNT(*) FROM rejected_webhooks r WHERE r.cause = c.cause AND r.status = 'waiting') AS waiting
       FROM webhook_causes c
       WHERE c.last_at < ?1 OR (c.last_at = ?1 AND c.cause > ?2)
       ORDER BY c.last_at DESC, c.cause LIMIT ?3`,
    )
    .bind(at, cause, limit + 1)
    .all<CauseRow>();
  return results;
}

export async function isKnownCause(db: D1Database, cause: string): Promise<boolean> {
  return (await db.prepare("SELECT 1 FROM webhook_causes WHERE cause = ?").bind(cause).first()) !== null;
}

const mismatchView = ({ path, expected, actual }: RejectedRow) =>
  path === null ? {} : { mismatch: { path, expected, actual: actual === null ? null : hideSecrets(actual) } };

export const rejectedView = (row: RejectedRow) => ({
  id: row.id,
  cause: row.cause,
  status: row.status,
  reason: row.reason,
  detail: hideSecrets(row.detail),
  ...mismatchView(row),
  note: row.note,
  order_id: row.order_id,
  event_id: row.event_id,
  event_type: row.event_type,
  api_version: row.api_version,
  at: time(row.at),
  ...(row.replayed_at !== null && {
    replay: {
      count: row.replays,
      last_at: time(row.replayed_at),
      result: row.replay_result,
      detail: row.replay_detail === null ? null : hideSecrets(row.replay_detail),
    },
  }),
});

export const fullRejectedView = (row: FullRow) => ({
  ...rejectedView(row),
  // SAFETY: the column is written by payments alone, as an object of texts.
  headers: JSON.parse(row.headers) as Record<string, string>,
  payload: hideSecrets(row.payload),
  payload_chars: row.payload_chars,
  payload_cut: row.payload.length < row.payload_chars,
});

export const causeView = ({ first_at, last_at, last_id, ...row }: CauseRow) => ({
  ...row,
  first_seen: time(first_at),
  last_seen: time(last_at),
  newest_example: last_id,
});

export const outcomeView = ({ id, result, detail, replayedAt, repeated }: ReplayOutcome) => ({
  id,
  result,
  detail: hideSecrets(detail),
  replayed_at: time(replayedAt),
  repeated,
});
