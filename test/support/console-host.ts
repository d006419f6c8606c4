import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { CONSOLE } from "../../scripts/assets/pages.ts";
import { ROOT } from "../../scripts/wrangler.ts";

/** What this host answers instead of the board behind it, by path below /admin/v1. */
export type Overrides = Record<string, Override | undefined>;

interface Override {
  readonly status: number;
  readonly body: unknown;
  /** Where it redirects to. */
  readonly location?: string;
}

export interface ConsoleHost {
  readonly url: string;
  readonly overrides: Overrides;
  /** While true the board cannot be reached: no answer, and every socket is cut. */
  isCut: boolean;
  /** As in front of a proxy that lets no WebSocket through. */
  refusesSockets: boolean;
  close(): void;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".woff2": "font/woff2",
};

/**
 * The built console and a board on one origin, as in a deployment: files under /ops with the headers of `public/_headers`, everything else
 * passed on to `board`, WebSockets too. A broken network is played here, so that the board behind it knows nothing of it.
 */
export async function startConsoleHost(board: string): Promise<ConsoleHost> {
  const sockets = new Set<{ destroy(): void }>();
  const policy = await consolePolicy();
  const host = {
    overrides: {} as Overrides,
    refusesSockets: false,
    get isCut() {
      return isCut;
    },
    set isCut(value: boolean) {
      isCut = value;
      if (value) for (const socket of sockets) socket.destroy();
    },
  };
  let isCut = false;
  const server = createServer((incoming, response) => {
    const { pathname } = new URL(incoming.url ?? "/", "http://host");
    if (pathname === "/ops") return void response.writeHead(307, { location: "/ops/" }).end();
    if (pathname.startsWith("/ops/"))
      return void serve(pathname.slice("/ops/".length) || "index.html", policy, response);
    const override = host.overrides[pathname.replace("/admin/v1/", "")];
    if (isCut) return void incoming.socket.destroy();
    if (!override) return void incoming.pipe(onward(board, incoming, response));
    const type = override.status < 400 ? "application/json" : "application/problem+json";
    const { status, body, location } = override;
    response.writeHead(status, { "content-type": type, ...(location && { location }) }).end(JSON.stringify(body));
  });
  server.on("upgrade", (incoming, wire, head) => {
    if (isCut || host.refusesSockets) {
      wire.destroy();
      return;
    }
    const through = request(new URL(incoming.url ?? "/", board), { headers: incoming.headers });
    through.on("upgrade", (answer, upstream, rest) => {
      const headers = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}`);
      wire.write(["HTTP/1.1 101 Switching Protocols", ...headers, "", ""].join("\r\n"));
      wire.write(rest);
      upstream.write(head);
      for (const socket of [wire, upstream]) {
        sockets.add(socket);
        socket.on("error", () => socket.destroy());
        socket.on("close", () => sockets.delete(socket));
      }
      upstream.pipe(wire).pipe(upstream);
    });
    through.on("response", (answer) => wire.end(`HTTP/1.1 ${answer.statusCode} Refused\r\nConnection: close\r\n\r\n`));
    through.on("error", () => wire.destroy());
    through.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // SAFETY: a server that listens on TCP has an address.
  const { port } = server.address() as AddressInfo;
  return Object.assign(host, {
    url: `http://127.0.0.1:${port}`,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      server.closeAllConnections();
    },
  });
}

function onward(board: string, incoming: IncomingMessage, response: ServerResponse) {
  const { method, headers } = incoming;
  const through = request(new URL(incoming.url ?? "/", board), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  through.on("error", () => response.destroy());
  return through;
}

async function serve(name: string, policy: string, response: ServerResponse): Promise<void> {
  const file = await readFile(join(ROOT, CONSOLE.output, name)).catch(() => undefined);
  if (!file) return void response.writeHead(404).end();
  const headers = {
    "content-type": TYPES[extname(name)] ?? "application/octet-stream",
    "content-security-policy": policy,
  };
  response.writeHead(200, headers).end(file);
}

/** The very policy that is deployed. */
async function consolePolicy(): Promise<string> {
  const [, policy] = /Content-Security-Policy: (.*)/.exec(await readFile(join(ROOT, "public/_headers"), "utf8")) ?? [];
  if (policy === undefined) throw new Error("public/_headers has no policy for the console");
  return policy;
}
