import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import type { ShopperEvent } from "../../bench/events/shopper-event.ts";
import { AdminClient } from "../../scripts/admin-client.ts";
import { type Call, Connections, POOLS } from "../../scripts/black-friday/connection.ts";
import { readCost } from "../../scripts/black-friday/cost.ts";
import { NO_COUNTS } from "../../scripts/black-friday/messages.ts";
import { Tracker } from "../../scripts/black-friday/tracker.ts";

/**
 * Goal: what a slow server does to shoppers is what is reported, and not what the generator's own queue makes of it. The threats are requests that are sent
 * for somebody who has left, so that nobody is served any more, and events that are sent again under new ids.
 */
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(handler: Handler): Promise<{ url: string; sockets: () => number }> {
  let sockets = 0;
  const server = createServer(handler).on("connection", () => (sockets += 1));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}/`, sockets: () => sockets };
}

function connect(patienceMs = 10_000): Connections {
  const connections = new Connections({ page: patienceMs });
  closing.push(() => connections.close());
  return connections;
}

const pageOf = (url: string): Call => ({ kind: "page", method: "GET", url });

describe("connections", () => {
  it("who loses patience in the queue is never sent, and those that come later are served by the connections there are", async () => {
    const held: ServerResponse[] = [];
    let isSlow = true;
    const { url, sockets } = await serve((_request, response) => {
      if (isSlow) held.push(response);
      else response.end("fast");
    });
    const connections = connect(400);
    const asked = Array.from({ length: 2 * POOLS.page }, () => connections.ask(pageOf(url)));
    const answers = await Promise.all(asked);
    expect(answers.filter(({ answer }) => answer !== undefined)).toEqual([]);
    expect(held).toHaveLength(POOLS.page);
    isSlow = false;
    const later = await Promise.all(Array.from({ length: 3 * POOLS.page }, () => connections.ask(pageOf(url))));
    expect(later.map(({ answer }) => answer?.text)).toEqual(later.map(() => "fast"));
    // One each before, all of which were hung up on, and then hardly more than the pool has.
    expect(sockets()).toBeLessThan(3 * POOLS.page);
  });

  it("a page that hangs does not hold up a checkout", async () => {
    const { url } = await serve((request, response) => {
      if (request.method === "POST") response.end("bought");
    });
    const connections = connect(300);
    const pages = Array.from({ length: 2 * POOLS.page }, () => connections.ask(pageOf(url)));
    const bought = await connections.ask({ kind: "buying", method: "POST", url, body: "{}" });
    expect(bought.answer?.text).toBe("bought");
    await Promise.all(pages);
  });

  it("a connection that breaks is told as cut, and an answer with its status, its pause and whether it is a replay", async () => {
    const { url } = await serve((request, response) => {
      if (request.method === "POST") return;
      response.writeHead(429, { "retry-after": "3", "idempotency-replayed": "true" }).end("later");
    });
    const connections = connect();
    expect(await connections.ask(pageOf(url))).toEqual({
      answer: { status: 429, text: "later", retryAfterMs: 3_000 },
      wasCut: false,
      isReplay: true,
    });
    const cut = await connections.ask({ kind: "buying", method: "POST", url, body: "{}", cutAfterMs: 20 });
    expect(cut).toEqual({ answer: undefined, wasCut: true, isReplay: false });
  });
});

it("a batch that is not taken is sent again under the same ids, and counted once when it is acknowledged", async () => {
  const batches: ShopperEvent[][] = [];
  const { url } = await serve((request, response) => {
    void (async () => {
      const { batch } = JSON.parse(Buffer.concat(await request.toArray()).toString());
      batches.push(batch);
      response.writeHead(batches.length === 1 ? 503 : 200).end();
    })();
  });
  const counts = { ...NO_COUNTS };
  const tracker = new Tracker({ url, writeKey: "wk", run: "bf", connections: connect(), counts, now: () => 1_000 });
  for (let event = 0; event < 20; event++) {
    tracker.track({ type: "track", event: "Product Viewed", sku: "A", quantity: 1 }, "somebody");
  }
  await tracker.close();
  const ids = batches.map((batch) => batch.map(({ messageId }) => messageId).join());
  expect(batches.map((batch) => batch.length).toSorted((a, b) => a - b)).toEqual([5, 15, 15]);
  expect(new Set(ids).size).toBe(2);
  expect(counts).toMatchObject({ events_sent: 20, events_acknowledged: 20, events_given_up: 0, requests: 3 });
  expect(tracker.batches.map(([, events]) => events)).toEqual([15, 5]);
});

describe("cost", () => {
  const costOf = async (status: number, body: unknown) => {
    const { url } = await serve((_request, response) => response.writeHead(status).end(JSON.stringify(body)));
    return readCost({ admin: new AdminClient(url, "key") });
  };

  it("is what the shop counted, and in a shop that does not count it is nothing instead of zero", async () => {
    const costs = { prices_as_of: "2026-11", per_order: { dollars: 0.00012, lines: [] }, per_1000_events: null };
    expect(await costOf(200, costs)).toMatchObject({ perOrder: 0.00012, perThousandEvents: null });
    expect(await costOf(404, { code: "not_found" })).toMatchObject({ perOrder: null, perThousandEvents: null });
  });
});
