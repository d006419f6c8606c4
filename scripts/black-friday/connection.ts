import { Agent, type OutgoingHttpHeaders, request } from "node:http";
import type { Answer } from "./shopper.ts";

/**
 * Connections of each kind at most. Every shopper has a browser of their own, so pages that hang must not hold up somebody else's checkout, and a long
 * poll nobody's page.
 */
export const POOLS = { page: 64, buying: 192, events: 32, poll: 1_024 } as const;
export type Kind = keyof typeof POOLS;
/**
 * As long as a person looks at a page that does not load. For a product page that begins when it was wanted: who cannot see it looks at another. Whoever has
 * something in the cart waits for a connection, and loses patience with the shop and not with this pool, or with everybody late all would be hung up on
 * just when their turn came.
 */
const PATIENCE_MS: Readonly<Record<Kind, number>> = {
  page: 15_000,
  buying: 15_000,
  events: 30_000,
  // Answered late on purpose.
  poll: 45_000,
};

export interface Call {
  readonly kind: Kind;
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers?: OutgoingHttpHeaders | undefined;
  readonly body?: string | undefined;
  /** The connection is broken so long after the request was sent. */
  readonly cutAfterMs?: number | undefined;
}

export interface Heard {
  /** Nothing when nobody answered in time, or the connection broke. */
  readonly answer: Answer | undefined;
  readonly wasCut: boolean;
  readonly isReplay: boolean;
}

const NOBODY: Heard = { answer: undefined, wasCut: false, isReplay: false };

/** Many browsers' connections, pooled. Never throws: no answer is an answer that shoppers live with. */
export class Connections {
  readonly #pools: Readonly<Record<Kind, Pool>> = {
    page: new Pool(POOLS.page),
    buying: new Pool(POOLS.buying),
    events: new Pool(POOLS.events),
    poll: new Pool(POOLS.poll),
  };

  readonly #patienceMs: Readonly<Record<Kind, number>>;

  constructor(patienceMs: Partial<Readonly<Record<Kind, number>>> = {}) {
    this.#patienceMs = { ...PATIENCE_MS, ...patienceMs };
  }

  async ask(call: Call): Promise<Heard> {
    const pool = this.#pools[call.kind];
    const ms = this.#patienceMs[call.kind];
    const patience = call.kind === "page" ? AbortSignal.timeout(ms) : undefined;
    if (!(await pool.enter(patience))) return NOBODY;
    try {
      return await converse(call, pool.agent, patience ?? AbortSignal.timeout(ms));
    } finally {
      pool.leave();
    }
  }

  close(): void {
    for (const { agent } of Object.values(this.#pools)) agent.destroy();
  }
}

/**
 * A queue in front of an agent, which has one itself. But whoever has lost patience there is sent all the same, and takes the connection along when
 * hanging up: with everybody late, nobody would be served any more.
 */
class Pool {
  readonly agent: Agent;
  readonly #waiting: (() => boolean)[] = [];
  #free: number;

  constructor(size: number) {
    this.agent = new Agent({ keepAlive: true, maxSockets: size });
    this.#free = size;
  }

  /** Whether there was a connection before patience was lost. */
  enter(patience: AbortSignal | undefined): Promise<boolean> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      this.#waiting.push(() => {
        const isHere = patience?.aborted !== true;
        resolve(isHere);
        return isHere;
      });
      patience?.addEventListener("abort", () => resolve(false), { once: true });
    });
  }

  leave(): void {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) if (next()) return;
    this.#free += 1;
  }
}

function converse(call: Call, agent: Agent, patience: AbortSignal): Promise<Heard> {
  const { url, method, headers = {}, body, cutAfterMs } = call;
  return new Promise((resolve) => {
    let wasCut = false;
    let cut: NodeJS.Timeout | undefined;
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const options = { method, headers: { ...headers, ...length }, agent, signal: patience };
    const outgoing = request(url, options, (incoming) => {
      let text = "";
      incoming.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      incoming.on("error", () => resolve({ ...NOBODY, wasCut }));
      incoming.on("end", () => {
        clearTimeout(cut);
        const { statusCode: status = 0, headers: told } = incoming;
        const after = Number(told["retry-after"]);
        const answer = { status, text, ...(after > 0 && { retryAfterMs: after * 1_000 }) };
        resolve({ answer, wasCut: false, isReplay: told["idempotency-replayed"] === "true" });
      });
    });
    outgoing.on("error", () => resolve({ ...NOBODY, wasCut }));
    outgoing.on("close", () => resolve({ ...NOBODY, wasCut }));
    outgoing.on("finish", () => {
      if (cutAfterMs === undefined) return;
      cut = setTimeout(() => {
        wasCut = true;
        outgoing.destroy();
      }, cutAfterMs);
    });
    outgoing.end(body);
  });
}
