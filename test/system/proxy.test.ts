import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type ProblemBody, until } from "../support/client.ts";
import { freePort, runShop, type ShopProcess } from "../support/process.ts";

/**
 * Goal: what has not been moved yet works as if nobody stood in front of it. Threats: a body that was read and written again, a page that waits for its last
 * byte, a monolith that hangs and takes the front door with it, two systems that send one request back and forth.
 */
interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}
let seen: Seen[] = [];
let answer: (response: ServerResponse, request: Seen) => unknown = (response) => response.end("ok");
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { method = "", url = "", headers } = request;
    const one = { method, url, headers, body: Buffer.concat(chunks) };
    seen.push(one);
    answer(response, one);
  });
});

let shop: ShopProcess;
let origin: string;
const stateDir = mkdtempSync(join(tmpdir(), "breakwater-proxy-"));
// A whole runtime: the test harness's own network answers in one piece, and follows what it is told not to follow.
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const env = { LEGACY_ORIGIN: `http://127.0.0.1:${address.port}`, LEGACY_READS: "/", LEGACY_TIMEOUT_MS: "1500" };
  // `npm start` makes a cart to see whether it can: whoever makes carts answers with an id.
  answer = (response) => response.writeHead(200, { "content-type": "application/json" }).end('{"id":"theirs-1"}');
  shop = await runShop({ stateDir, port: await freePort(), stripePort: await freePort(), env });
  ({ origin } = shop.client);
});
afterAll(async () => {
  await shop?.stop();
  server.closeAllConnections();
  server.close();
  rmSync(stateDir, { recursive: true, force: true });
});
beforeEach(() => {
  seen = [];
  answer = (response) => response.end("ok");
});

it("asks no other host, whatever the path looks like", async () => {
  const asked: string[] = [];
  const stranger = createServer(({ url = "" }, response) => {
    asked.push(url);
    response.end("a page of somebody else's");
  });
  stranger.listen(0, "127.0.0.1");
  await once(stranger, "listening");
  const address = stranger.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const path = `//127.0.0.1:${address.port}/x?y=1`;
  const response = await fetch(origin + path, { headers: { cookie: "session=secret" } });
  expect(await response.text()).toBe("ok");
  stranger.close();
  expect(asked).toEqual([]);
  expect(seen.map(({ url }) => url)).toEqual([path]);
});

it("passes on method, path, query, headers and body byte for byte, and the answer with its status, headers and cookies", async () => {
  const body = new Uint8Array(50_000).map((_, i) => (i * 31) % 256);
  answer = (response) =>
    response
      .writeHead(418, {
        "content-type": "text/x-own",
        "set-cookie": ["a=1", "b=2"],
        "x-own": "yes",
        "content-security-policy": "own",
      })
      .end("short and stout");
  const response = await fetch(`${origin}/some/p%20ath?x=1&y=%2F&x=2`, {
    method: "PUT",
    headers: { "content-type": "application/octet-stream", cookie: "session=1", "x-custom": "kept" },
    body,
  });
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatchObject({
    method: "PUT",
    url: "/some/p%20ath?x=1&y=%2F&x=2",
    headers: {
      "content-type": "application/octet-stream",
      cookie: "session=1",
      "x-custom": "kept",
      via: "1.1 breakwater",
    },
  });
  expect(seen[0]?.headers["x-request-id"]).toMatch(/^req_/);
  expect(Buffer.compare(seen[0]?.body ?? Buffer.alloc(0), Buffer.from(body))).toBe(0);
  expect(response.status).toBe(418);
  expect(await response.text()).toBe("short and stout");
  expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  // Its own policy, not ours: the monolith's pages run the monolith's scripts.
  expect(response.headers.get("content-security-policy")).toBe("own");
  expect(response.headers.get("x-own")).toBe("yes");
});

it("streams: the first part of an answer arrives while the last one is not written yet, however long that takes", async () => {
  let finish = (): void => {};
  answer = (response) => {
    response.writeHead(200, { "content-type": "text/plain" });
    response.write("first ");
    finish = () => void response.end("last");
  };
  // Whatever compresses has to wait until it has enough.
  const response = await fetch(`${origin}/slow-page`, { headers: { "accept-encoding": "identity" } });
  const reader = response.body?.getReader();
  const first = await reader?.read();
  expect(new TextDecoder().decode(first?.value)).toBe("first ");
  // Longer than the time in which an answer has to begin.
  await setTimeout(2_000);
  finish();
  const last = await reader?.read();
  expect(new TextDecoder().decode(last?.value)).toBe("last");
});

it("does not follow a redirect: that is the browser's to do", async () => {
  answer = (response) => response.writeHead(302, { location: "/elsewhere" }).end();
  const response = await fetch(`${origin}/moved`, { redirect: "manual" });
  expect([response.status, response.headers.get("location")]).toEqual([302, "/elsewhere"]);
  expect(seen).toHaveLength(1);
});

it("a monolith that hangs is answered for with 504 in time, and one that is gone with 502", async () => {
  answer = () => undefined;
  const began = performance.now();
  const late = await shop.client.send<ProblemBody>("GET", "/hangs");
  expect(late).toMatchObject({ status: 504, body: { code: "legacy_timeout" } });
  expect(performance.now() - began).toBeLessThan(4_000);
  answer = (response) => response.socket?.destroy();
  expect(await shop.client.send<ProblemBody>("GET", "/gone")).toMatchObject({
    status: 502,
    body: { code: "legacy_unreachable" },
  });
});

it("a request that comes back is stopped: 508, and the monolith is not asked again", async () => {
  const answered = await shop.client.send<ProblemBody>("GET", "/round", {
    headers: { via: "1.1 varnish, 1.1 breakwater" },
  });
  expect(answered).toMatchObject({ status: 508, body: { code: "loop_detected" } });
  expect(seen).toEqual([]);
});

it("what only our own Workers may say is not passed on, and the monolith's own door stays shut", async () => {
  await shop.client.send("GET", "/page", { headers: { "x-breakwater-payment-key": "ord_x:charge:1" } });
  expect(Object.keys(seen[0]?.headers ?? {}).filter((name) => name.startsWith("x-breakwater-"))).toEqual([]);
  expect(await shop.client.send("POST", "/_breakwater/carts", { body: {} })).toMatchObject({ status: 404 });
  expect(seen).toHaveLength(1);
});

it("a webhook reaches the monolith with the bytes that its signature covers", async () => {
  const payload = `{"id":"evt_1",  "odd":"spacing \u00e9"}`;
  const headers = { "stripe-signature": "t=1,v1=abc", "content-type": "application/json" };
  await shop.client.send("POST", "/webhooks/stripe", { raw: payload, headers });
  await until(
    async () => seen.length,
    (count) => count > 0,
  );
  expect(seen[0]?.body.toString("utf8")).toBe(payload);
  expect(seen[0]?.headers["stripe-signature"]).toBe("t=1,v1=abc");
});

it("the admin API, the reference and the health check are the shop's own in any case", async () => {
  expect(await shop.client.admin("GET", "/admin/v1/flags")).toMatchObject({ status: 200 });
  expect(await shop.client.send("GET", "/healthz")).toMatchObject({ status: 200, body: { status: "ok" } });
  expect(await shop.client.send("GET", "/openapi.json")).toMatchObject({ status: 200 });
  expect(seen).toEqual([]);
});
