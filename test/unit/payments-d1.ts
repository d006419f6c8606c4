/**
 * D1 as payments uses it, over Node's own SQLite and with the real migrations: what is tested is the SQL that runs in production. Not a
 * test itself.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";

interface Statement {
  bind(...values: SQLInputValue[]): Statement;
  all(): Promise<{ results: unknown[] }>;
  first(column?: string): Promise<unknown>;
  run(): Promise<object>;
  readonly now: () => unknown[];
}

/** `fails`: every write is refused, as by a D1 that is down. */
export function openD1({ fails = false }: { fails?: boolean } = {}) {
  const sqlite = new DatabaseSync(":memory:");
  const folder = join(import.meta.dirname, "../../migrations");
  for (const file of readdirSync(folder).sort()) sqlite.exec(readFileSync(join(folder, file), "utf8"));

  const statement = (sql: string, values: SQLInputValue[] = []): Statement => {
    const now = (): unknown[] => sqlite.prepare(sql).all(...values);
    return {
      now,
      bind: (...bound) => statement(sql, bound),
      all: async () => ({ results: now() }),
      run: async () => ({ results: now() }),
      first: async (column) => {
        const [row] = now();
        return column === undefined ? (row ?? null) : ((row as Record<string, unknown> | undefined)?.[column] ?? null);
      },
    };
  };
  const batch = async (statements: Statement[]) => {
    if (fails) throw new Error("D1_ERROR");
    sqlite.exec("BEGIN");
    const results = statements.map(({ now }) => ({ results: now() }));
    sqlite.exec("COMMIT");
    return results;
  };
  const rows = (sql: string): Record<string, unknown>[] =>
    sqlite
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  return {
    // SAFETY: these are all the methods that payments calls.
    db: { prepare: (sql: string) => statement(sql), batch } as unknown as D1Database,
    rejected: () => rows("SELECT * FROM rejected_webhooks ORDER BY id"),
    causes: () => rows("SELECT * FROM webhook_causes ORDER BY cause"),
    sqlite,
  };
}
