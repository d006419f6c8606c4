import { time } from "./context.ts";
import type { Page } from "./page.ts";

/** A write key of the tracking API. Times in UTC ms. */
export interface WriteKey {
  readonly id: string;
  readonly kind: "public" | "secret";
  /** Of a public one, which is in every page anyway; of a secret one only its hash is kept. */
  readonly key: string | null;
  readonly name: string;
  /** What the keys of one sender share, so that an order reported under two of them counts once. */
  readonly source: string;
  readonly origins: readonly string[];
  readonly limited: boolean;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly deletedAt: number | null;
  readonly deletedBy: string | null;
}

interface WriteKeyRow extends Omit<WriteKey, "origins" | "limited"> {
  readonly origins: string;
  readonly limited: number;
}

const COLUMNS = `id, kind, key, name, source, origins, limited, created_by AS createdBy, created_at AS createdAt,
  deleted_at AS deletedAt, deleted_by AS deletedBy`;

const keyOf = ({ origins, limited, ...row }: WriteKeyRow): WriteKey => ({
  ...row,
  // SAFETY: only written as an array of strings, by `insertWriteKey` and the local seed.
  origins: JSON.parse(origins) as string[],
  limited: limited === 1,
});

/** Newest first, deleted ones included; one row more than asked for, for `paged`. */
export async function listWriteKeys(db: D1Database, { limit, after }: Page<[number, string]>): Promise<WriteKey[]> {
  const [at, id] = after ?? [Number.MAX_SAFE_INTEGER, ""];
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM write_keys WHERE (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?`,
    )
    .bind(at, id, limit + 1)
    .all<WriteKeyRow>();
  return results.map(keyOf);
}

export async function countWriteKeys(db: D1Database): Promise<number> {
  const row = await db.prepare("SELECT COUNT(*) AS n FROM write_keys WHERE deleted_at IS NULL").first<{ n: number }>();
  return row?.n ?? 0;
}

export type NewWriteKey = Omit<WriteKey, "deletedAt" | "deletedBy"> & { readonly hash: string };

export async function insertWriteKey(db: D1Database, key: NewWriteKey): Promise<void> {
  const { id, hash, kind, name, source, createdBy, createdAt } = key;
  await db
    .prepare(
      `INSERT INTO write_keys (id, hash, kind, key, name, source, origins, limited, created_by, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .bind(id, hash, kind, key.key, name, source, JSON.stringify(key.origins), key.limited ? 1 : 0, createdBy, createdAt)
    .run();
}

/** Deleting twice is deleting once: the first time stays on record. The row stays, because events name it. `false`: there is no such key. */
export async function deleteWriteKey(db: D1Database, id: string, by: string, now: number): Promise<boolean> {
  await db
    .prepare("UPDATE write_keys SET deleted_at = ?, deleted_by = ? WHERE id = ? AND deleted_at IS NULL")
    .bind(now, by, id)
    .run();
  return (await db.prepare("SELECT 1 FROM write_keys WHERE id = ?").bind(id).first()) !== null;
}

export const writeKeyView = (key: WriteKey) => ({
  id: key.id,
  kind: key.kind,
  name: key.name,
  source: key.source,
  origins: key.origins,
  limited: key.limited,
  status: key.deletedAt === null ? "active" : "deleted",
  ...(key.key !== null && { key: key.key }),
  created_by: key.createdBy,
  created_at: time(key.createdAt),
  ...(key.deletedAt !== null && { deleted_at: time(key.deletedAt), deleted_by: key.deletedBy }),
});
