import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";
import { isSigned } from "./hmac.ts";
import { isPurchase, PURCHASES, type PurchaseWrites } from "./purchase.ts";

interface YardstickEnv {
  readonly CELL: DurableObjectNamespace<Cell>;
  readonly HALL: DurableObjectNamespace<Hall>;
  /** A cart as the shop answers it, so that both sides send, store and serialise as many bytes. */
  readonly PAYLOAD: Readonly<Record<string, unknown>>;
  readonly WEBHOOK_SECRET: string;
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

/** Sockets that hibernate, and the same text to all of them. */
export class Hall extends DurableObject<YardstickEnv> {
  override fetch(): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** `head` is what tells one frame from another. */
  tell(head: string, padding: string): void {
    const text = `{"type":"delta",${head},"sent_at":${Date.now()},"padding":"${padding}"}`;
    for (const socket of this.ctx.getWebSockets()) socket.send(text);
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close();
  }
}

/** So many writes to a new cart, to a new order and to two SKUs that are awake, one after the other as in a purchase. */
async function purchase(
  cells: DurableObjectNamespace<Cell>,
  { cart, order, stock }: PurchaseWrites,
  skus: readonly string[],
): Promise<void> {
  const write = async (names: readonly string[], times: number): Promise<void> => {
    for (const name of names) for (let time = 0; time < times; time++) await cells.getByName(name).write();
  };
  await write([crypto.randomUUID()], cart);
  await write([crypto.randomUUID()], order);
  await write(skus, stock);
}

/** What the shop is measured against: the platform's own operations with nothing around them. Never deployed. */
const app = new Hono<{ Bindings: YardstickEnv }>()
  .get("/json/:id", (c) => c.json(c.env.PAYLOAD))
  .post("/cells/:id", async (c) => {
    await c.env.CELL.getByName(c.req.param("id")).write();
    return c.json(c.env.PAYLOAD);
  })
  .post("/purchases/:counted/:stock/:other", async (c) => {
    const { counted, stock, other } = c.req.param();
    if (!isPurchase(counted)) return c.notFound();
    await purchase(c.env.CELL, PURCHASES[counted], [stock, other]);
    return c.json(c.env.PAYLOAD);
  })
  .post("/webhooks/:cell", async (c) => {
    const signature = c.req.header("stripe-signature") ?? "";
    if (!(await isSigned(await c.req.text(), signature, c.env.WEBHOOK_SECRET))) return c.body(null, 400);
    await c.env.CELL.getByName(c.req.param("cell")).write();
    return c.json({ received: true });
  })
  .get("/hall", (c) => c.env.HALL.getByName("hall").fetch(c.req.raw))
  .post("/hall", async (c) => {
    const [head = "", padding = ""] = (await c.req.text()).split("\n");
    await c.env.HALL.getByName("hall").tell(head, padding);
    return c.json({ told: true });
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
