import type { HopsEnv } from "./env.ts";
import { type Due, idOf, type QueueName } from "./messages.ts";

/** One row for what the object is, and one for each thing that it still has to do. Every call of a method is one commit. */
export class Notebook {
  readonly #sql: SqlStorage;
  readonly #doc: string;
  /** What was told and is forgotten with the next commit, as the shop does it. */
  readonly #told: string[] = [];

  constructor({ storage: { sql } }: DurableObjectState, { PAYLOAD }: HopsEnv) {
    this.#sql = sql;
    this.#doc = JSON.stringify(PAYLOAD);
    sql.exec("CREATE TABLE IF NOT EXISTS cell (id INTEGER PRIMARY KEY, doc TEXT NOT NULL) STRICT");
    sql.exec("CREATE TABLE IF NOT EXISTS work (id TEXT PRIMARY KEY, job TEXT NOT NULL) STRICT, WITHOUT ROWID");
  }

  /** Replaces the object's own row. What it has to tell because of that is written down with it, and what has ended or was told goes. */
  write(told: readonly Due[] = [], ended: readonly string[] = []): void {
    this.#sql.exec("INSERT OR REPLACE INTO cell (id, doc) VALUES (1, ?)", this.#doc);
    for (const each of told) this.begin(idOf(each), each);
    const gone = [...this.#told.splice(0), ...ended];
    if (gone.length > 0)
      this.#sql.exec("DELETE FROM work WHERE id IN (SELECT value FROM json_each(?))", JSON.stringify(gone));
  }

  /** To be called beside `write`, with no `await` in between. */
  begin(id: string, job: unknown = null): void {
    this.#sql.exec("INSERT OR REPLACE INTO work (id, job) VALUES (?, ?)", id, JSON.stringify(job));
  }

  /** After the queues took it. */
  end(told: readonly string[]): void {
    this.#told.push(...told);
  }

  read(): string {
    return this.#sql.exec<{ doc: string }>("SELECT doc FROM cell WHERE id = 1").one().doc;
  }
}

/** One call to each queue that anything is for, all at once. */
export async function send(env: HopsEnv, told: readonly Due[]): Promise<void> {
  const sent = [...Map.groupBy(told, ({ queue }) => queue)].map(([queue, together]) =>
    producerOf(env, queue).sendBatch(together.map(({ message: body }) => ({ body, contentType: "json" }))),
  );
  await Promise.all(sent);
}

function producerOf(env: HopsEnv, queue: QueueName): HopsEnv["ORDERS_QUEUE"] {
  switch (queue) {
    case "payments":
      return env.PAYMENTS_QUEUE;
    case "orders":
      return env.ORDERS_QUEUE;
    case "events":
      return env.EVENTS_QUEUE;
    case "notifications":
      return env.NOTIFICATIONS_QUEUE;
  }
}
