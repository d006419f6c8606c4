import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";

interface YardstickEnv {
  readonly CELL: DurableObjectNamespace<Cell>;
  /** A cart as the shop answers it, so that both sides send, store and serialise as many bytes. */
  readonly PAYLOAD: Readonly<Record<string, unknown>>;
  /** The same Worker once more, one call by service binding away; it has none behind it. */
  readonly BEHIND?: Fetcher;
}

/** The least an object can do that is still durable: one row, replaced by every call. */
export class Cell extends DurableObject<YardstickEnv> {
  readonly #doc: string;

  constructor(ctx: DurableObjectState, env: YardstickEnv) {
    super(ctx, env);
    this.#doc = JSON.stringify(env.PAYLOAD);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS cell (id INTEGER PRIMARY KEY, doc TEXT NOT NULL) STRICT");
  }

  write(): void {
    this.ctx.storage.sql.exec("INSERT OR REPLACE INTO cell (id, doc) VALUES (1, ?)", this.#doc);
  }
}

/** What the shop is measured against: the platform's own operations with nothing around them. Never deployed. */
const app = new Hono<{ Bindings: YardstickEnv }>()
  .get("/json/:id", (c) => c.json(c.env.PAYLOAD))
  .post("/cells/:id", async (c) => {
    await c.env.CELL.getByName(c.req.param("id")).write();
    return c.json(c.env.PAYLOAD);
  })
  .post("/events", async (c) => {
    const { batch } = await c.req.json<{ batch: readonly unknown[] }>();
    return c.json({ success: batch.length > 0 });
  })
  .post("/behind/events", (c) => {
    const url = new URL(c.req.url);
    url.pathname = "/events";
    return c.env.BEHIND?.fetch(new Request(url, c.req.raw)) ?? c.notFound();
  });

export default app satisfies ExportedHandler<YardstickEnv>;
