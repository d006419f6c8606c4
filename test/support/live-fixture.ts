import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ROOT } from "../../scripts/wrangler.ts";
import { diffBoards } from "../../src/domain/board/change.ts";
import { type Board, type ConsoleSession, LIVE_PROTOCOL, type LiveFrame } from "../../src/domain/live.ts";
import { FakeShop } from "./live-fixture-shop.ts";
import { ServerSocket } from "./live-fixture-socket.ts";

/**
 * A made-up but lively board behind the real paths and the real protocol, for working on the console without a shop:
 *
 *     PORT=9288 node test/support/live-fixture.ts
 *
 * The key is `dev-admin-key`, or the variable ADMIN_KEY. `POST /_control/{gap,epoch,drop,freeze,thaw,stale,unheard,fresh,mute,unmute,rollback,rearm,sellout,restock,rush,calm}` plays what goes wrong.
 */
const KEY = process.env["ADMIN_KEY"] ?? "dev-admin-key";
const TICK_MS = 400;
const HEARTBEAT_MS = 5_000;
const SORTS = {
  trend: ({ trend }) => trend.score,
  revenue: ({ revenue }) => revenue.amount,
  views: ({ views }) => views,
  adds: ({ adds }) => adds,
  orders: ({ orders }) => orders,
} as const satisfies Record<string, (row: Board["products"][number]) => number>;

interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

class LiveFixture {
  readonly #shop = new FakeShop(Date.now());
  readonly #sockets = new Map<ServerSocket, { paused: boolean }>();
  #epoch = crypto.randomUUID();
  #seq = 0;
  #board = this.#shop.board(Date.now());
  #sentAt = 0;
  #isFrozen = false;

  tick(): void {
    const now = Date.now();
    if (this.#isFrozen) return;
    const newest = this.#shop.pass(now, TICK_MS);
    const board = this.#shop.board(now);
    const change = diffBoards(this.#board, board);
    this.#board = board;
    if (!change) {
      this.#seq++;
      for (const socket of this.#sockets.keys()) this.#sendSnapshot(socket);
      return;
    }
    if (Object.keys(change).length === 0 && now - this.#sentAt < HEARTBEAT_MS) return;
    this.#sentAt = now;
    this.#seq++;
    const [epoch, seq] = [this.#epoch, this.#seq];
    const frame: LiveFrame = { type: "delta", epoch, seq, sent_at: now, newest_received_at: newest, change };
    for (const [socket, { paused }] of this.#sockets) if (!paused) socket.send(JSON.stringify(frame));
  }

  accept(socket: ServerSocket): void {
    const state = { paused: false };
    this.#sockets.set(socket, state);
    socket.onClose = () => this.#sockets.delete(socket);
    socket.onText = (text) => {
      if (text === "ping") return socket.send("pong");
      const request = JSON.parse(text) as { type: string; at?: number };
      if (request.type === "ping") {
        return socket.send(JSON.stringify({ type: "pong", at: request.at, sent_at: Date.now() }));
      }
      state.paused = request.type === "pause";
      if (!state.paused) this.#sendSnapshot(socket);
    };
    this.#sendSnapshot(socket);
  }

  answer(method: string, url: URL, authorization: string | undefined): Answer {
    const [, area, name] = /^\/(_control|admin\/v1|healthz)(?:\/(.*))?$/.exec(url.pathname) ?? [];
    if (area === "healthz") return { status: 200, body: { status: "ok" } };
    if (area === "_control" && method === "POST") return this.#control(name ?? "");
    if (area !== "admin/v1") return { status: 404, body: problem(404, "not_found") };
    if (authorization !== `Bearer ${KEY}`) return { status: 401, body: problem(401, "unauthorized") };
    const [, alert] = /^alerts\/(.+)\/acknowledge$/.exec(name ?? "") ?? [];
    if (method === "POST" && alert !== undefined) {
      this.#shop.seen.add(decodeURIComponent(alert));
      return { status: 200, body: {} };
    }
    const body = this.#read(name ?? "", url.searchParams);
    return body === undefined ? { status: 404, body: problem(404, "not_found") } : { status: 200, body };
  }

  #read(path: string, query: URLSearchParams): unknown {
    const { day, totals, funnel, freshness, ledger, minutes, shards, slices } = this.#board;
    switch (path) {
      case "session":
        return { id: "bootstrap", name: "ADMIN_KEY", via: "key", scopes: ["*"] } satisfies ConsoleSession;
      case "facts":
        return { data: ledger.facts };
      case "analytics/snapshot":
        return this.#board;
      case "analytics/funnel":
        return { day, ...funnel };
      case "analytics/abandonment":
        return { day, ...totals.abandoned };
      case "analytics/freshness":
        return { ...freshness, shards, slices };
      case "analytics/ledger":
        return ledger;
      case "analytics/minutes":
        return { data: minutes };
      case "analytics/products":
        return this.#products(query);
      default: {
        const [, sku] = /^analytics\/products\/([^/]+)$/.exec(path) ?? [];
        return sku === undefined ? undefined : this.#shop.detail(decodeURIComponent(sku), Date.now());
      }
    }
  }

  #products(query: URLSearchParams): unknown {
    const text = (query.get("q") ?? "").toLowerCase();
    const sort = query.get("sort") ?? "trend";
    const value = Object.hasOwn(SORTS, sort) ? SORTS[sort as keyof typeof SORTS] : SORTS.trend;
    const found = this.#board.products.filter(({ sku, name, category, brand }) =>
      `${sku} ${name} ${category} ${brand}`.toLowerCase().includes(text),
    );
    const sorted = found.toSorted((a, b) => value(b) - value(a) || (a.sku < b.sku ? -1 : 1));
    const start = Number(query.get("cursor") ?? 0);
    const end = start + Number(query.get("limit") ?? 20);
    return { data: sorted.slice(start, end), next_cursor: end < sorted.length ? String(end) : null };
  }

  #control(name: string): Answer {
    const actions: Readonly<Record<string, () => void>> = {
      gap: () => this.#seq++,
      epoch: () => ([this.#epoch, this.#seq] = [crypto.randomUUID(), 0]),
      drop: () => [...this.#sockets.keys()].forEach((socket) => socket.close(1012, "The board restarts.")),
      freeze: () => (this.#isFrozen = true),
      thaw: () => (this.#isFrozen = false),
      stale: () => (this.#shop.staleSince ??= Date.now()),
      unheard: () => ([this.#shop.staleSince, this.#shop.isUnheard] = [Date.now(), true]),
      fresh: () => ([this.#shop.staleSince, this.#shop.isUnheard] = [null, false]),
      mute: () => (this.#shop.isBookUnheard = true),
      unmute: () => (this.#shop.isBookUnheard = false),
      rollback: () => (this.#shop.rolledBackSince ??= Date.now()),
      rearm: () => (this.#shop.rolledBackSince = null),
      sellout: () => (this.#shop.soldOutBeside = 1_800),
      restock: () => (this.#shop.soldOutBeside = 0),
      rush: () => (this.#shop.pace = 20),
      calm: () => (this.#shop.pace = 1),
    };
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    action?.();
    return action ? { status: 204 } : { status: 404, body: problem(404, "not_found") };
  }

  /** A frozen board keeps connections, and answers pings on them, but has no frame for anybody: neither for new ones nor for those that ask. */
  #sendSnapshot(socket: ServerSocket): void {
    if (this.#isFrozen) return;
    const [epoch, seq, board] = [this.#epoch, this.#seq, this.#board];
    socket.send(JSON.stringify({ type: "snapshot", epoch, seq, sent_at: Date.now(), board } satisfies LiveFrame));
  }
}

const problem = (status: number, code: string) => ({ type: `/problems/${code}`, title: code, status, code });

/** The protocol to answer with, when the request has the key in one of the two ways. */
function protocolOf(request: IncomingMessage): { readonly protocol: string | undefined } | undefined {
  const offered = new Set((request.headers["sec-websocket-protocol"] ?? "").split(",").map((text) => text.trim()));
  const protocol = offered.has(LIVE_PROTOCOL) ? LIVE_PROTOCOL : undefined;
  const bearer = `bearer.${Buffer.from(KEY).toString("base64url")}`;
  return request.headers.authorization === `Bearer ${KEY}` || offered.has(bearer) ? { protocol } : undefined;
}

async function image(pathname: string): Promise<Buffer | undefined> {
  if (!/^\/images\/[\w.-]+$/.test(pathname)) return undefined;
  return readFile(`${ROOT}/public${pathname}`).catch(() => undefined);
}

export async function startLiveFixture(port: number): Promise<{ readonly url: string; close(): void }> {
  const fixture = new LiveFixture();
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://fixture");
    void image(url.pathname).then((svg) => {
      if (svg) return response.writeHead(200, { "content-type": "image/svg+xml" }).end(svg);
      const { status, body } = fixture.answer(request.method ?? "GET", url, request.headers.authorization);
      const type = status < 400 ? "application/json" : "application/problem+json";
      return response.writeHead(status, { "content-type": type }).end(JSON.stringify(body));
    });
  });
  server.on("upgrade", (request, wire) => {
    const asked = request.url === "/admin/v1/live" ? protocolOf(request) : undefined;
    if (asked) fixture.accept(new ServerSocket(request, wire, asked.protocol));
    else wire.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n");
  });
  const timer = setInterval(() => fixture.tick(), TICK_MS);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  // SAFETY: a server that listens on TCP has an address.
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}`,
    close() {
      clearInterval(timer);
      server.close();
      server.closeAllConnections();
    },
  };
}

if (import.meta.main) {
  const { url } = await startLiveFixture(Number(process.env["PORT"] ?? 8788));
  console.log(`A made-up board on ${url}, key ${KEY}`);
}
