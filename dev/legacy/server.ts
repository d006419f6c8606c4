import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import { LegacyPayments } from "./payments.ts";
import { DEFAULT_SETTINGS, type LegacySettings } from "./settings.ts";
import { LegacyShop } from "./shop.ts";
import { type LegacyReply, LegacyStore } from "./store.ts";

/** The monolith that the shop stands in front of, as a process or inside a test. */
export interface LegacyStandin {
  readonly url: string;
  readonly port: number;
  readonly store: LegacyStore;
  close(): Promise<void>;
}

const productSchema = z.object({ sku: z.string(), name: z.string(), price: z.int() });
const catalogSchema = z.object({ products: z.array(productSchema) });
const CATALOG = new URL("../catalog.json", import.meta.url);
const BODY_BYTES_MAX = 262_144;

/** What it is told to do wrong. `paths` is a regular expression over "METHOD /path". */
const faultSchema = z.object({
  paths: z.string().default("."),
  status: z.int().min(400).max(599).optional(),
  delay_ms: z.int().min(0).max(60_000).default(0),
});
type Fault = z.infer<typeof faultSchema>;

export async function createLegacyStandin(options: Partial<LegacySettings> = {}): Promise<LegacyStandin> {
  const settings = { ...DEFAULT_SETTINGS, ...options };
  const { products } = catalogSchema.parse(JSON.parse(readFileSync(CATALOG, "utf8")));
  const store = new LegacyStore(products, settings.state);
  const payments = new LegacyPayments(settings, store);
  const monolith = new Monolith(store, payments, new LegacyShop(store, payments));
  const server = createServer((request, response) => void monolith.serve(request, response));
  const port = await listen(server, settings);
  return {
    url: `http://${settings.host}:${port}`,
    port,
    store,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, { host, port }: LegacySettings): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly text: string;
  readonly headers: IncomingMessage["headers"];
}

class Monolith {
  readonly #store: LegacyStore;
  readonly #payments: LegacyPayments;
  readonly #shop: LegacyShop;
  readonly #calls = new Map<string, number>();
  #fault: Fault | undefined;

  constructor(store: LegacyStore, payments: LegacyPayments, shop: LegacyShop) {
    this.#store = store;
    this.#payments = payments;
    this.#shop = shop;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const call = await readCall(request);
      const { status, body } = call ? await this.#answer(call) : { status: 413, body: { code: "body_too_large" } };
      const isPage = typeof body === "string";
      response.writeHead(status, { "content-type": isPage ? "text/html; charset=utf-8" : "application/json" });
      response.end(isPage ? body : JSON.stringify(body));
    } catch (error) {
      console.error("legacy stand-in:", error);
      response.writeHead(500, { "content-type": "application/json" }).end(JSON.stringify({ code: "legacy_error" }));
    }
  }

  async #answer(call: Call): Promise<LegacyReply> {
    if (call.path.startsWith("/_control/")) return this.#control(call);
    const name = `${call.method} ${call.path.replaceAll(/lg[co]_[\w-]+/g, ":id")}`;
    this.#calls.set(name, (this.#calls.get(name) ?? 0) + 1);
    const fault =
      this.#fault && new RegExp(this.#fault.paths).test(`${call.method} ${call.path}`) ? this.#fault : undefined;
    if (fault) await setTimeout(fault.delay_ms);
    if (fault?.status !== undefined) return { status: fault.status, body: { code: "legacy_fault" } };
    if (call.path === "/webhooks/stripe") {
      const taken = this.#payments.receive(call.text, String(call.headers["stripe-signature"] ?? ""));
      return taken
        ? { status: 200, body: { ...taken, served_by: "legacy" } }
        : { status: 400, body: { code: "bad_signature" } };
    }
    return (await this.#shopAnswer(call, parse(call.text))) ?? this.#page(call);
  }

  async #shopAnswer({ method, path, headers }: Call, body: unknown): Promise<LegacyReply | undefined> {
    if (method === "POST" && path === "/_breakwater/carts") return this.#shop.importCart(body);
    if (method === "POST" && path === "/v1/carts") return this.#shop.createCart(body);
    const [, collection, id = "", part, sku = ""] =
      /^\/v1\/(carts|orders)\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(path) ?? [];
    if (collection === "orders") return this.#shop.readOrder(id);
    if (collection !== "carts") return undefined;
    if (part === undefined) return this.#shop.readCart(id);
    if (part === "customer") return this.#shop.setCustomer(id, body);
    if (part === "checkout") {
      const [key, paymentKey] = [headers["idempotency-key"], headers["x-breakwater-payment-key"]];
      return this.#shop.checkout(id, textOf(key), textOf(paymentKey), body);
    }
    if (part !== "lines") return undefined;
    if (method === "POST") return this.#shop.addLine(id, body);
    return method === "DELETE" ? this.#shop.removeLine(id, sku) : this.#shop.setQuantity(id, sku, body);
  }

  /** The rest of a shop: its catalog, and its pages. */
  #page({ method, path }: Call): LegacyReply {
    if (path === "/") return { status: 200, body: "<!doctype html><title>The monolith</title><h1>The monolith</h1>" };
    if (path === "/v1/products" && method === "GET") {
      const data = [...this.#store.products.values()].slice(0, 20);
      return { status: 200, body: { data, next_cursor: null, served_by: "legacy" } };
    }
    const product = this.#store.products.get(/^\/v1\/products\/([^/]+)$/.exec(path)?.[1] ?? "");
    return product
      ? { status: 200, body: { ...product, served_by: "legacy" } }
      : { status: 404, body: { code: "not_found" } };
  }

  /** For tests and drills: what it did, what it should do wrong, and products that only they know. */
  #control({ method, path, text }: Call): LegacyReply {
    const body = parse(text);
    if (path === "/_control/faults") {
      this.#fault = method === "DELETE" ? undefined : faultSchema.parse(body ?? {});
      return { status: 200, body: { fault: this.#fault ?? null } };
    }
    if (path === "/_control/products" && method === "POST") {
      const product = productSchema.parse(body);
      this.#store.products.set(product.sku, product);
      return { status: 200, body: product };
    }
    if (path === "/_control/stats") {
      const orders = [...this.#store.orders.values()].map(({ id, status, intent, cartId }) => ({
        id,
        status,
        intent,
        cart_id: cartId,
      }));
      return { status: 200, body: { calls: Object.fromEntries(this.#calls), carts: this.#store.carts.size, orders } };
    }
    return { status: 404, body: { code: "not_found" } };
  }
}

/** `undefined`: the body is larger than is read. */
async function readCall(request: IncomingMessage): Promise<Call | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    // SAFETY: without an encoding a request gives buffers.
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > BODY_BYTES_MAX) return undefined;
    chunks.push(bytes);
  }
  const { pathname } = new URL(request.url ?? "/", "http://legacy");
  const text = Buffer.concat(chunks).toString("utf8");
  return { method: request.method ?? "GET", path: decodeURI(pathname), text, headers: request.headers };
}

function parse(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

const textOf = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
