import * as z from "zod";

const problemSchema = z.object({ code: z.string(), detail: z.string().optional() });
const REQUEST_TIMEOUT_MS = 30_000;

interface SendOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether 404 is an answer: `undefined` instead of an error. */
  readonly missing?: boolean;
}

/** The admin API as scripts use it: every answer that is not a success is an error that says what was asked and what came back. */
export class AdminClient {
  readonly #origin: string;
  readonly #key: string;

  constructor(origin: string, key: string) {
    this.#origin = origin.replace(/\/+$/, "");
    this.#key = key;
  }

  async get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return schema.parse(await this.#send("GET", path));
  }

  /** Like `get`, for what may not be there. */
  async find<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const answer = await this.#send("GET", path, { missing: true });
    return answer === undefined ? undefined : schema.parse(answer);
  }

  async post(path: string, body: unknown, idempotencyKey: string): Promise<unknown> {
    return this.#send("POST", path, { body, headers: { "idempotency-key": idempotencyKey } });
  }

  async put(path: string, body: unknown): Promise<unknown> {
    return this.#send("PUT", path, { body });
  }

  async #send(method: string, path: string, { body, headers, missing }: SendOptions = {}): Promise<unknown> {
    const json = body === undefined ? {} : { "content-type": "application/json" };
    const init: RequestInit = {
      method,
      headers: { authorization: `Bearer ${this.#key}`, ...json, ...headers },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    };
    if (body !== undefined) init.body = JSON.stringify(body);
    const response = await fetch(`${this.#origin}${path}`, init);
    const text = await response.text();
    if (response.status === 404 && missing) return undefined;
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${explain(text)}`);
    return JSON.parse(text);
  }
}

function explain(text: string): string {
  try {
    const problem = problemSchema.safeParse(JSON.parse(text));
    if (problem.success) return `${problem.data.code}${problem.data.detail ? ` (${problem.data.detail})` : ""}`;
  } catch {
    // Not JSON: the beginning of the text has to do.
  }
  return text.slice(0, 200);
}
