import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import { readConfig } from "../../../scripts/config.ts";
import { WORKERS } from "../../../scripts/workers.ts";
import { platformQueue, shopQueue } from "../../../src/domain/queue-names.ts";
import { freePort } from "../bench.ts";
import { type Delivered, QueueBroker, type QueuedMessage, type QueuePolicy, type QueueUse } from "./broker.ts";
import { QUEUE_HEADER } from "./plugin.ts";

const HOST = "127.0.0.1";
const DELIVERY_TIMEOUT_MS = 60_000;
/** From before a consumer has begun until after it has done everything. */
const CRASH_WITHIN_MS = 80;
/** Cloudflare's defaults (developers.cloudflare.com/queues/configuration/batching-retries). */
const DEFAULTS = { batchSize: 10, batchTimeoutS: 5, retries: 3 } as const;

const outcomeSchema = z.object({
  outcome: z.string(),
  ackAll: z.boolean().default(false),
  retryBatch: z.object({ retry: z.boolean(), delaySeconds: z.number().optional() }).default({ retry: false }),
  explicitAcks: z.array(z.string()).default([]),
  retryMessages: z.array(z.object({ msgId: z.string(), delaySeconds: z.number().optional() })).default([]),
});
const batchSchema = z.object({
  messages: z.array(
    z.object({ body: z.string(), contentType: z.string().default("v8"), delaySecs: z.number().optional() }),
  ),
});

export interface OutsideOptions {
  /** Batches of one queue that are at work at a time; Cloudflare's consumers scale to 250, Miniflare's have one. */
  readonly concurrency?: number;
  readonly repeats?: () => boolean;
  /** How long it takes until a sender is told that its messages were taken, in ms; here that is nothing, over a network it is not. */
  readonly takesMs?: (queue: string) => number;
  /** Whether a send is refused, with nothing taken. */
  readonly refuses?: (queue: string) => boolean;
  /** Whether a consumer goes away with a batch in its hands. What it had done by then is done, and the batch comes again. */
  readonly crashes?: (queue: string) => boolean;
  /** How long a message waits before it can be delivered, in ms, on top of what was asked for: it is overtaken meanwhile. */
  readonly holdsMs?: () => number;
  /** Where it listens, and where batches are to go; left out, wherever there is room. */
  readonly ports?: readonly [number, number];
  /** Sees every message that was taken, before its sender is told so. */
  readonly onMessage?: (queue: string, message: QueuedMessage) => void;
}

class Refusal extends Error {}

interface Consumer {
  readonly worker: string;
  readonly policy: QueuePolicy;
}

/** The shop's queues in this process, spoken to by the runtime in its own protocol. They outlive it, as Cloudflare's outlive a Worker. */
export class OutsideQueues {
  /** Where the runtime hands messages in, and where its gate takes batches. */
  readonly port: number;
  readonly gatePort: number;
  readonly #brokers = new Map<string, QueueBroker>();
  readonly #options: OutsideOptions;
  readonly #server: Server;

  private constructor(ports: readonly [number, number], options: OutsideOptions) {
    const { concurrency = 4, repeats = () => false } = options;
    [this.port, this.gatePort] = ports;
    this.#options = options;
    for (const [queue, { worker, policy }] of consumersOf()) {
      const deliver = (messages: readonly QueuedMessage[]): Promise<Delivered> =>
        this.#deliver({ worker, queue, messages });
      const bury = (messages: readonly QueuedMessage[], dead: string | undefined): void => {
        const buried = messages.map((message) => ({ ...message, attempts: 0 }));
        if (dead !== undefined) this.#brokers.get(dead)?.accept(buried, 0);
      };
      this.#brokers.set(queue, new QueueBroker({ policy, deliver, bury, concurrency, repeats }));
    }
    this.#server = createServer((request, response) => {
      this.#take(request).then(
        (metrics) => response.end(JSON.stringify(metrics)),
        (error: unknown) => response.writeHead(error instanceof Refusal ? 500 : 400).end(String(error)),
      );
    });
  }

  static async open(options: OutsideOptions = {}): Promise<OutsideQueues> {
    const queues = new OutsideQueues(options.ports ?? [await freePort(), await freePort()], options);
    await new Promise<void>((resolve, reject) => {
      queues.#server.once("error", reject);
      queues.#server.listen(queues.port, HOST, resolve);
    });
    return queues;
  }

  get names(): string[] {
    return [...this.#brokers.keys()];
  }

  /** Messages in all queues that are not done. */
  get backlog(): number {
    return [...this.#brokers.values()].reduce((sum, { backlog }) => sum + backlog, 0);
  }

  /** What waits where, in words; empty when nothing does. */
  get waiting(): string {
    return [...this.#brokers]
      .flatMap(([queue, { waiting }]) => (waiting === "" ? [] : [`${queue}: ${waiting}`]))
      .join("; ");
  }

  /** Dead letters among them. */
  use(queue: string): Readonly<QueueUse> {
    const broker = this.#brokers.get(queue);
    if (!broker) throw new Error(`nobody consumes a queue ${queue}`);
    return { ...broker.use };
  }

  async close(): Promise<void> {
    for (const broker of this.#brokers.values()) broker.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage): Promise<unknown> {
    const queue = shopQueue(String(request.headers[QUEUE_HEADER]));
    const broker = this.#brokers.get(queue);
    if (!broker) throw new Error(`nobody consumes a queue ${queue}`);
    const { pathname } = new URL(request.url ?? "/", "http://queue");
    if (pathname === "/metrics") return broker.metrics;
    const body = Buffer.concat(await request.toArray());
    const { refuses, takesMs, holdsMs, onMessage } = this.#options;
    if (refuses?.(queue)) throw new Refusal(`${queue} takes nothing at the moment`);
    const waitMs = takesMs?.(queue) ?? 0;
    if (waitMs > 0) await setTimeout(waitMs);
    const delayS = Number(request.headers["x-msg-delay-secs"] ?? 0);
    const incoming =
      pathname === "/batch"
        ? batchSchema.parse(JSON.parse(body.toString())).messages.map(fromBatch)
        : [{ contentType: String(request.headers["x-msg-fmt"] ?? "v8"), body, delayS: 0 }];
    for (const { contentType, body: own, delayS: ownDelayS } of incoming) {
      const message = { id: randomUUID(), timestamp: Date.now(), contentType, body: own, attempts: 0 };
      onMessage?.(queue, message);
      broker.accept([message], (ownDelayS || delayS) * 1_000 + (holdsMs?.() ?? 0));
    }
    return { metadata: { metrics: broker.metrics } };
  }

  async #deliver(batch: {
    readonly worker: string;
    readonly queue: string;
    readonly messages: readonly QueuedMessage[];
  }): Promise<Delivered> {
    const messages = batch.messages.map((message) => ({ ...message, body: message.body.toString("base64") }));
    const limitMs = this.#options.crashes?.(batch.queue) ? Math.random() * CRASH_WITHIN_MS : DELIVERY_TIMEOUT_MS;
    try {
      const response = await fetch(`http://${HOST}:${this.gatePort}/`, {
        method: "POST",
        body: JSON.stringify({ ...batch, queue: platformQueue(batch.queue), messages }),
        signal: AbortSignal.timeout(limitMs),
      });
      if (!response.ok) return "died";
      return outcomeSchema.parse(await response.json());
    } catch (error) {
      return isRefused(error) ? "gone" : "died";
    }
  }
}

const fromBatch = (message: z.infer<typeof batchSchema>["messages"][number]) => ({
  contentType: message.contentType,
  body: Buffer.from(message.body, "base64"),
  delayS: message.delaySecs ?? 0,
});

const isRefused = (error: unknown): boolean =>
  error instanceof Error &&
  error.cause instanceof Error &&
  "code" in error.cause &&
  error.cause.code === "ECONNREFUSED";

/** Every queue, by the shop's own name, with its consumer, as the Workers' configs say. */
function consumersOf(): Map<string, Consumer> {
  const consumers = new Map<string, Consumer>();
  for (const worker of WORKERS) {
    for (const config of readConfig(worker).queues?.consumers ?? []) {
      const policy = {
        batchSize: config.max_batch_size ?? DEFAULTS.batchSize,
        batchTimeoutMs: (config.max_batch_timeout ?? DEFAULTS.batchTimeoutS) * 1_000,
        deliveries: (config.max_retries ?? DEFAULTS.retries) + 1,
        retryDelayMs: (config.retry_delay ?? 0) * 1_000,
        deadLetterQueue: config.dead_letter_queue && shopQueue(config.dead_letter_queue),
      };
      consumers.set(shopQueue(config.queue), { worker: worker.script, policy });
    }
  }
  return consumers;
}
