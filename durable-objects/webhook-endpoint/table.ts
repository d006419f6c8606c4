import type { EndpointSummary } from "../../src/domain/notifications.ts";
import type { EndpointHealth } from "../../src/domain/webhook-delivery.ts";

export type Endpoint = EndpointSummary & EndpointHealth;

/** What is known of a secret without telling it. Times in UTC ms; without `expiresAt` it is the newest one. */
export interface SecretInfo {
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
}

type EndpointRow = {
  id: string;
  url: string;
  events: string;
  description: string;
  status: "enabled" | "disabled";
  reason: string | null;
  failures: number;
  failing_since: number | null;
  version: number;
  created_at: number;
  updated_at: number;
};
type SecretRow = { secret: string; created_at: number; expires_at: number | null };

/** The endpoint and its secrets, as rows of the object. Deliveries have a table of their own. */
export class EndpointTable {
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
  }

  load(): Endpoint | undefined {
    const [row] = this.#sql.exec<EndpointRow>("SELECT * FROM endpoint").toArray();
    return row && toEndpoint(row);
  }

  save(endpoint: Endpoint): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO endpoint (id, url, events, description, status, reason, failures, failing_since, version,
         created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      endpoint.id,
      endpoint.url,
      JSON.stringify(endpoint.events),
      endpoint.description,
      endpoint.status,
      endpoint.reason ?? null,
      endpoint.failures,
      endpoint.failingSince ?? null,
      endpoint.version,
      endpoint.createdAt,
      endpoint.updatedAt,
    );
  }

  /** The secrets that sign now, the newest first. */
  secrets(now: number): string[] {
    return this.#secretRows(now).map(({ secret }) => secret);
  }

  secretInfo(now: number): SecretInfo[] {
    return this.#secretRows(now).map((row) => ({ createdAt: row.created_at, expiresAt: row.expires_at ?? undefined }));
  }

  /** The new secret signs from now on, the one before it until `previousUntil`, and any older one no more: at most two at once. */
  addSecret(secret: string, previousUntil: number, now: number): void {
    this.#sql.exec("DELETE FROM secrets WHERE expires_at IS NOT NULL");
    if (previousUntil <= now) this.#sql.exec("DELETE FROM secrets");
    else this.#sql.exec("UPDATE secrets SET expires_at = ?", previousUntil);
    this.#sql.exec("INSERT INTO secrets (secret, created_at) VALUES (?, ?)", secret, now);
  }

  #secretRows(now: number): SecretRow[] {
    return this.#sql
      .exec<SecretRow>(
        "SELECT secret, created_at, expires_at FROM secrets WHERE expires_at IS NULL OR expires_at > ? ORDER BY seq DESC",
        now,
      )
      .toArray();
  }
}

function toEndpoint(row: EndpointRow): Endpoint {
  const { id, url, description, status, failures, version } = row;
  return {
    id,
    url,
    // SAFETY: only `save` writes this column, from an array of strings.
    events: JSON.parse(row.events) as string[],
    description,
    status,
    ...(row.reason !== null && { reason: row.reason }),
    failures,
    failingSince: row.failing_since ?? undefined,
    version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
