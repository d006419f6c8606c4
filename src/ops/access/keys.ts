import { time } from "../context.ts";
import type { Page } from "../page.ts";

/** A key without what makes it one. Times in UTC ms. */
export interface ApiKey {
  readonly id: string;
  /** SHA-256 of the whole key, in hex. */
  readonly hash: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly revokedBy: string | null;
  /** Coarse: the first use of an hour, as far as one isolate knows. */
  readonly lastUsedAt: number | null;
}

type KeyRow = Omit<ApiKey, "scopes"> & { readonly scopes: string };

const COLUMNS = `id, hash, name, scopes, created_by AS createdBy, created_at AS createdAt, expires_at AS expiresAt,
  revoked_at AS revokedAt, revoked_by AS revokedBy, last_used_at AS lastUsedAt`;

// SAFETY: `scopes` is only written by `insertKey`, which takes an array of strings.
const keyOf = (row: KeyRow): ApiKey => ({ ...row, scopes: JSON.parse(row.scopes) as string[] });

export async function findKey(db: D1Database, id: string): Promise<ApiKey | undefined> {
  const row = await db.prepare(`SELECT ${COLUMNS} FROM api_keys WHERE id = ?`).bind(id).first<KeyRow>();
  return row ? keyOf(row) : undefined;
}

/** Newest first; one row more than asked for, for `paged`. */
export async function listKeys(db: D1Database, { limit, after }: Page<[number, string]>): Promise<ApiKey[]> {
  const [at, id] = after ?? [Number.MAX_SAFE_INTEGER, ""];
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM api_keys WHERE (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?`,
    )
    .bind(at, id, limit + 1)
    .all<KeyRow>();
  return results.map(keyOf);
}

export async function countUsableKeys(db: D1Database, now: number): Promise<number> {
  const usable = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)";
  const row = await db.prepare(`SELECT COUNT(*) AS n FROM api_keys WHERE ${usable}`).bind(now).first<{ n: number }>();
  return row?.n ?? 0;
}

export type NewKey = Pick<ApiKey, "id" | "hash" | "name" | "scopes" | "createdBy" | "createdAt" | "expiresAt">;

export async function insertKey(db: D1Database, key: NewKey): Promise<ApiKey> {
  await db
    .prepare(
      "INSERT INTO api_keys (id, hash, name, scopes, created_by, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(key.id, key.hash, key.name, JSON.stringify(key.scopes), key.createdBy, key.createdAt, key.expiresAt)
    .run();
  return { ...key, revokedAt: null, revokedBy: null, lastUsedAt: null };
}

/** Revoking twice is revoking once: the first time stays on record. */
export async function revokeKey(db: D1Database, id: string, by: string, now: number): Promise<ApiKey | undefined> {
  await db
    .prepare("UPDATE api_keys SET revoked_at = ?, revoked_by = ? WHERE id = ? AND revoked_at IS NULL")
    .bind(now, by, id)
    .run();
  return findKey(db, id);
}

export async function touchKey(db: D1Database, id: string, now: number, coarsenessMs: number): Promise<void> {
  await db
    .prepare("UPDATE api_keys SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at <= ?)")
    .bind(now, id, now - coarsenessMs)
    .run();
}

export type KeyStatus = "active" | "expired" | "revoked";

export function keyStatus({ revokedAt, expiresAt }: ApiKey, now: number): KeyStatus {
  if (revokedAt !== null) return "revoked";
  return expiresAt !== null && expiresAt <= now ? "expired" : "active";
}

export const keyView = (key: ApiKey, now: number) => ({
  id: key.id,
  name: key.name,
  scopes: key.scopes,
  status: keyStatus(key, now),
  created_by: key.createdBy,
  created_at: time(key.createdAt),
  ...(key.expiresAt !== null && { expires_at: time(key.expiresAt) }),
  ...(key.revokedAt !== null && { revoked_at: time(key.revokedAt), revoked_by: key.revokedBy }),
  ...(key.lastUsedAt !== null && { last_used_at: time(key.lastUsedAt) }),
});
