import { setTimeout } from "node:timers/promises";

const PATIENCE_MS = 90_000;
const TRY_AGAIN_MS = 150;
const REQUEST_TIMEOUT_MS = 15_000;
/** Of a shopper's or an operator's own request that is still under way, or of a cart that has moved: the same again, shortly. */
const PASSING = new Set(["idempotency_in_flight", "cart_in_checkout", "cart_changed"]);

export interface Ask {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Told {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One request, answered or not. `failure`: why it has to be asked again, when it was answered "not now", with an error, or not at all. */
export interface Try {
  readonly method: string;
  readonly path: string;
  readonly ms: number;
  readonly failure: string | undefined;
}

export interface PersistenceOptions {
  readonly onTry?: (one: Try) => void;
  /** The wait after a try is twice the one before, up to this. */
  readonly pauseMaxMs?: number;
}

/**
 * Asks until somebody answers for good, as a client does whose connection breaks or who is told "not now": the same request under the same key.
 * Counts how often it had to ask again.
 */
export class Persistence {
  repeats = 0;
  readonly #onTry: NonNullable<PersistenceOptions["onTry"]>;
  readonly #pauseMaxMs: number;

  constructor({ onTry = () => {}, pauseMaxMs = TRY_AGAIN_MS }: PersistenceOptions = {}) {
    this.#onTry = onTry;
    this.#pauseMaxMs = pauseMaxMs;
  }

  async ask({ method, url, headers = {}, body }: Ask): Promise<Told> {
    const init: RequestInit = { method, headers: { ...headers } };
    if (body !== undefined) {
      init.headers = { ...headers, "content-type": "application/json" };
      init.body = JSON.stringify(body);
    }
    const giveUpAt = Date.now() + PATIENCE_MS;
    for (let pauseMs = TRY_AGAIN_MS; ; pauseMs = Math.min(2 * pauseMs, this.#pauseMaxMs)) {
      const triedAt = performance.now();
      const told = await once(url, init);
      const failure = typeof told === "string" && !PASSING.has(told) ? told : undefined;
      this.#onTry({ method, path: new URL(url).pathname, ms: performance.now() - triedAt, failure });
      if (typeof told !== "string") return told;
      if (Date.now() > giveUpAt) throw new Error(`${method} ${url} had no answer for ${PATIENCE_MS} ms: ${told}`);
      this.repeats += 1;
      await setTimeout(pauseMs);
    }
  }
}

/** An answer, or why there was none that counts. */
async function once(url: string, init: RequestInit): Promise<Told | string> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    const text = await response.text();
    if (response.status >= 500 || response.status === 429) return `${response.status} ${text.slice(0, 200)}`;
    // SAFETY: every answer of the shop and of the stand-in's control path is a JSON object.
    const body = (text === "" ? {} : JSON.parse(text)) as Told["body"];
    if (response.status === 409 && PASSING.has(String(body["code"]))) return String(body["code"]);
    return { status: response.status, body };
  } catch (error) {
    return String(error);
  }
}
