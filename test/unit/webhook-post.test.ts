import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { post } from "../../durable-objects/webhook-endpoint/post.ts";

/** Goal: one attempt ends, whatever the receiver does. Threat: one that hangs, drips, never stops, or points elsewhere. */
type Handler = (request: IncomingMessage, response: ServerResponse) => void;
let handle: Handler = (_request, response) => void response.end();
let seen: { url: string; headers: IncomingMessage["headers"]; body: string }[] = [];
const server = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
  request.on("end", () => {
    seen.push({ url: request.url ?? "", headers: request.headers, body });
    handle(request, response);
  });
});
let origin = "";

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  origin = typeof address === "object" ? `http://127.0.0.1:${address?.port}` : "";
});
afterEach(() => {
  seen = [];
  vi.useRealTimers();
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const send = (path = "/") => post(origin + path, { "webhook-id": "evt_1" }, '{"a":"☃"}');

test("sends the body as it is, and answers with the status and the beginning of what came back", async () => {
  handle = (_request, response) => void response.writeHead(202).end("thanks ☃");
  expect(await send()).toMatchObject({ status: 202, response: "thanks ☃" });
  expect(seen).toMatchObject([
    { body: '{"a":"☃"}', headers: { "webhook-id": "evt_1", "content-type": "application/json" } },
  ]);
});

test("a redirect is an answer like any other: its target was never judged and is never asked", async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    handle = (_request, response) => void response.writeHead(status, { location: `${origin}/metadata` }).end();
    expect(await send()).toMatchObject({ status });
  }
  expect(seen.map(({ url }) => url)).toEqual(["/", "/", "/", "/", "/"]);
});

test("Retry-After is read", async () => {
  handle = (_request, response) => void response.writeHead(429, { "retry-after": "30" }).end();
  expect(await send()).toMatchObject({ status: 429, retryAfterMs: 30_000 });
});

test("an answer without end is cut off after 1 KB", async () => {
  let written = 0;
  handle = (_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write("x".repeat(4_096))) written += 4_096;
    };
    response.on("drain", more);
    more();
  };
  const { status, response } = await send();
  expect([status, response]).toEqual([200, "x".repeat(1_024)]);
  expect(written).toBeLessThan(50_000_000);
});

test.each([
  ["never answers", () => {}],
  ["answers and never ends", (_request: IncomingMessage, response: ServerResponse) => void response.write("a")],
])("one that %s is given up after ten seconds", async (_name, handler) => {
  handle = handler;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const sent = send();
  await vi.waitUntil(() => seen.length > 0);
  await vi.advanceTimersByTimeAsync(9_000);
  let isDone = false;
  void sent.then(() => (isDone = true));
  await vi.advanceTimersByTimeAsync(500);
  expect(isDone).toBe(false);
  await vi.advanceTimersByTimeAsync(600);
  expect(await sent).toMatchObject({ error: "no answer within 10000 ms" });
  expect(vi.getTimerCount()).toBe(0);
});

test("a connection that breaks, or is not there, is an outcome and not an exception; no timer is left", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  handle = (request) => void request.socket.destroy();
  const broken = await send();
  expect(broken.status).toBeUndefined();
  expect(broken.error).toBeTruthy();
  expect((await post("http://127.0.0.1:1/", {}, "{}")).error).toBeTruthy();
  expect(vi.getTimerCount()).toBe(0);
});
