import type { EndpointSummary } from "../../domain/notifications.ts";
import type { Page } from "../page.ts";

/** An endpoint as the registry knows it; its object knows better and more. */
type RegistryRow = Omit<EndpointSummary, "events" | "reason"> & {
  readonly events: string;
  readonly reason: string | null;
};

const COLUMNS =
  "id, url, events, description, status, reason, version, created_at AS createdAt, updated_at AS updatedAt";

/** Writes what the object said, unless something newer is known. Deleted is for ever. */
export async function putEndpoint(db: D1Database, endpoint: EndpointSummary): Promise<void> {
  await db
    .prepare(
      `INSERT INTO webhook_endpoints (id, url, events, description, status, reason, version, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET url = excluded.url, events = excluded.events, description = excluded.description,
         status = excluded.status, reason = excluded.reason, version = excluded.version, updated_at = excluded.updated_at
       WHERE excluded.version > version AND status <> 'deleted'`,
    )
    .bind(
      endpoint.id,
      endpoint.url,
      JSON.stringify(endpoint.events),
      endpoint.description,
      endpoint.status,
      endpoint.reason ?? null,
      endpoint.version,
      endpoint.createdAt,
      endpoint.updatedAt,
    )
    .run();
}

/** Answers whether there was one to delete. What others told us of the receiver goes; the id stays. */
export async function deleteEndpoint(db: D1Database, id: string, now: number): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `UPDATE webhook_endpoints SET status = 'deleted', url = '', events = '[]', description = '', updated_at = ?
       WHERE id = ? AND status <> 'deleted'`,
    )
    .bind(now, id)
    .run();
  return meta.changes > 0;
}

export async function countEndpoints(db: D1Database): Promise<number> {
  const row = await db
    .prepare("SELECT COUNT(*) AS n FROM webhook_endpoints WHERE status <> 'deleted'")
    .first<{ n: number }>();
  return row?.n ?? 0;
}

/** Newest first (ids are UUIDv7); one row more than asked for, for `paged`. */
export async function listEndpoints(db: D1Database, { limit, after }: Page<string>): Promise<EndpointSummary[]> {
  const { results } = await db
    .prepare(`SELECT ${COLUMNS} FROM webhook_endpoints WHERE status <> 'deleted' AND id < ? ORDER BY id DESC LIMIT ?`)
    .bind(after ?? "~", limit + 1)
    .all<RegistryRow>();
  return results.map(endpointOf);
}

/** Whom an event may concern. There are at most LIMITS.webhookEndpoints (or a few more, when several were made at once). */
export async function enabledEndpoints(db: D1Database): Promise<EndpointSummary[]> {
  const statement = db.prepare(`SELECT ${COLUMNS} FROM webhook_endpoints WHERE status = 'enabled' ORDER BY id`);
  return (await statement.all<RegistryRow>()).results.map(endpointOf);
}

function endpointOf({ events, reason, ...row }: RegistryRow): EndpointSummary {
  // SAFETY: only `putEndpoint` writes this column, from an array of strings.
  return { ...row, events: JSON.parse(events) as string[], ...(reason !== null && { reason }) };
}
