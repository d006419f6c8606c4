import type { Server } from "node:http";
import { createServer } from "node:http";
import { answerControl, unknownPath } from "./control/control.ts";
import type { ControlParts } from "./control/control.ts";
import { Faults } from "./control/faults.ts";
import { answerRedirectPage } from "./control/redirect-page.ts";
import { Stats } from "./control/stats.ts";
import { Settlements } from "./payments/settlements.ts";
import { Api } from "./protocol/api.ts";
import type { Answer, HttpRequest } from "./protocol/http.ts";
import { BodyTooLarge, json, readRequest, writeAnswer } from "./protocol/http.ts";
import { IdempotencyKeys } from "./protocol/idempotency.ts";
import { RateLimiter } from "./protocol/rate-limit.ts";
import type { EventRow } from "./state/rows.ts";
import { NO_REQUEST, Store } from "./state/store.ts";
import type { Settings } from "./settings.ts";
import { DEFAULT_SETTINGS } from "./settings.ts";
import { Deliveries } from "./webhooks/deliveries.ts";
import { configureEndpoint, removeConfiguredEndpoint } from "./webhooks/endpoints.ts";

/** A stand-in that listens. */
export type StripeStandin = {
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Stops listening, cuts what is open, and closes the journal. Everything answered is in the journal already. */
  close(): Promise<void>;
};

/**
 * Starts a stand-in for Stripe's API in this process. Rejects when the port is taken or the journal is damaged.
 */
export async function createStripeStandin(options: Partial<Settings> = {}): Promise<StripeStandin> {
  const settings: Settings = { ...DEFAULT_SETTINGS, ...options };
  // The port is taken first, and requests wait for `loaded`: a second process on the same state must fail at the
  // port, before it touches the journal of the first.
  const loaded = Promise.withResolvers<ControlParts>();
  loaded.promise.catch(() => undefined);
  const server = createServer((incoming, outgoing) => {
    loaded.promise
      .then(async (parts) => writeAnswer(await answer(await readRequest(incoming), parts), outgoing))
      .catch((error: unknown) => writeAnswer(answerToError(error), outgoing));
  });
  const port = await listen(server, settings);
  const url = `http://${settings.host}:${port}`;
  try {
    const machine = await assemble(settings, url);
    loaded.resolve(machine.parts);
    return {
      url,
      port,
      close: async () => {
        machine.close();
        await shut(server);
      },
    };
  } catch (error) {
    loaded.reject(error);
    await shut(server);
    throw error;
  }
}

/** Puts the parts together and reads the state. */
async function assemble(settings: Settings, url: string): Promise<{ parts: ControlParts; close: () => void }> {
  const { now } = settings;
  const faults = new Faults({ seed: settings.seed });
  const stats = new Stats({ now });
  const limiter = new RateLimiter({ limits: settings.rate_limits, now });
  const listeners: ((events: readonly EventRow[]) => void)[] = [];
  const store = new Store({
    now,
    events_max: settings.events_max,
    journal_bytes_max: settings.journal_bytes_max,
    onEvents: (events) => {
      for (const listener of listeners) listener(events);
    },
  });
  if (settings.state !== null) await store.load(settings.state);
  const context = { tables: store.tables, base_url: url };
  store.transact(NO_REQUEST, (transaction) => {
    if (settings.webhook === null) removeConfiguredEndpoint(transaction);
    else configureEndpoint(transaction, settings.webhook);
  });
  const keys = new IdempotencyKeys({ tables: store.tables, now });
  const api = new Api({ store, keys, limiter, faults, stats, context });
  const deliveries = new Deliveries({ store, faults, context, settings: settings.deliveries, now });
  const settlements = new Settlements({ store, after_ms: settings.settle_after_ms });
  listeners.push(
    (events) => stats.noteEvents(events),
    (events) => deliveries.announce(events),
    (events) => settlements.arrange(events),
  );
  deliveries.resume();
  settlements.resume();
  const close = () => {
    deliveries.close();
    settlements.close();
    store.close();
  };
  return { parts: { api, store, limiter, faults, stats, deliveries, context }, close };
}

async function answer(request: HttpRequest, parts: ControlParts): Promise<Answer> {
  if (request.path.startsWith("/v1/")) return parts.api.answer(request);
  if (request.path.startsWith("/_control/")) return answerControl(request, parts);
  if (request.path.startsWith("/redirect/")) {
    return answerRedirectPage(request, { tables: parts.store.tables, api: parts.api });
  }
  return request.path === "/healthz" ? json(200, { status: "ok" }) : unknownPath(request);
}

function answerToError(error: unknown): Answer {
  const too_large = error instanceof BodyTooLarge;
  if (!too_large) console.error("stripe stand-in: a defect of the stand-in itself:", error);
  const message = error instanceof Error ? error.message : String(error);
  return json(too_large ? 413 : 500, {
    error: { type: too_large ? "invalid_request_error" : "api_error", message },
  });
}

function listen(server: Server, { host, port }: Settings): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function shut(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
