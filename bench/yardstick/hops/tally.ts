import { DurableObject } from "cloudflare:workers";
import type { HopsEnv } from "./env.ts";
import type { Message } from "./messages.ts";

/** How many facts of each type there were: one row, whatever came. */
export class Tally extends DurableObject<HopsEnv> {
  readonly #counts: Map<string, number>;

  constructor(ctx: DurableObjectState, env: HopsEnv) {
    super(ctx, env);
    const { sql } = ctx.storage;
    sql.exec("CREATE TABLE IF NOT EXISTS tally (id INTEGER PRIMARY KEY, counts TEXT NOT NULL) STRICT");
    const [row] = sql.exec<{ counts: string }>("SELECT counts FROM tally").toArray();
    this.#counts = new Map(row && Object.entries<number>(JSON.parse(row.counts)));
  }

  count(facts: readonly Message[]): void {
    for (const { type } of facts) this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1);
    const counts = JSON.stringify(Object.fromEntries(this.#counts));
    this.ctx.storage.sql.exec("INSERT OR REPLACE INTO tally (id, counts) VALUES (1, ?)", counts);
  }

  counts(): { readonly type: string; readonly count: number }[] {
    return [...this.#counts].map(([type, count]) => ({ type, count }));
  }
}
