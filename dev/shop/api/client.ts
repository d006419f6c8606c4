import { type Attempted, isWorthRepeating, repeatDelayMs } from "./repeat.ts";
import type { Problem } from "./shapes.ts";

export type Answer<T> =
  | { readonly ok: true; readonly value: T; readonly etag: string | undefined }
  | { readonly ok: false; readonly reason: "not_modified" }
  | { readonly ok: false; readonly reason: "problem"; readonly problem: Problem }
  /** Nothing came back, so nothing is known: whether it was done is found out by asking again under the same key. */
  | { readonly ok: false; readonly reason: "unreachable" };

export interface Ask {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly body?: unknown;
  /** With a key, or for a GET, the request is sent again by itself when it found nobody. */
  readonly key?: string | undefined;
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly waitSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const TRIES = 3;

/** The shop's API as this page uses it. Never throws: what can go wrong is in the answer. */
export async function ask<T>(path: string, options: Ask = {}): Promise<Answer<T>> {
  const isRepeatable = options.key !== undefined || (options.method ?? "GET") === "GET";
  for (let tries = 1; ; tries++) {
    const { answer, attempted } = await askOnce<T>(path, options);
    if (!isRepeatable || tries >= TRIES || options.signal?.aborted || !isWorthRepeating(attempted)) return answer;
    await new Promise((resolve) => setTimeout(resolve, repeatDelayMs(tries, attempted.retryAfter)));
  }
}

async function askOnce<T>(path: string, options: Ask): Promise<{ answer: Answer<T>; attempted: Attempted }> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, initOf(options));
    text = await response.text();
  } catch {
    return { answer: { ok: false, reason: "unreachable" }, attempted: {} };
  }
  const attempted = { status: response.status, retryAfter: response.headers.get("retry-after") };
  if (response.status === 304) return { answer: { ok: false, reason: "not_modified" }, attempted };
  const body = parsed(text);
  if (response.ok && body !== undefined) {
    // SAFETY: this is our own API, and `Product`, `Cart`, `Order` are inferred from the schemas that its answers are typed with.
    return { answer: { ok: true, value: body as T, etag: response.headers.get("etag") ?? undefined }, attempted };
  }
  return { answer: { ok: false, reason: "problem", problem: problemOf(response.status, body) }, attempted };
}

function initOf({ method = "GET", body, key, ifMatch, ifNoneMatch, waitSeconds, signal }: Ask): RequestInit {
  const headers = new Headers();
  if (body !== undefined) headers.set("content-type", "application/json");
  if (key !== undefined) headers.set("idempotency-key", key);
  if (ifMatch !== undefined) headers.set("if-match", ifMatch);
  if (ifNoneMatch !== undefined) headers.set("if-none-match", ifNoneMatch);
  if (waitSeconds !== undefined) headers.set("prefer", `wait=${waitSeconds}`);
  // The browser's cache would answer a conditional request by itself.
  const init: RequestInit = { method, headers, cache: ifNoneMatch === undefined ? "default" : "no-store" };
  if (body !== undefined) init.body = JSON.stringify(body);
  if (signal) init.signal = signal;
  return init;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An answer that is no problem of ours comes from whatever stands in between; it is shown as one all the same. */
function problemOf(status: number, body: unknown): Problem {
  if (typeof body === "object" && body !== null && "code" in body && "detail" in body) {
    // SAFETY: `code` and `detail` are what RFC 9457 problems of this API have in common; every other member is read as optional.
    return body as Problem;
  }
  const detail = `The shop answered ${status}, and did not say why.`;
  return { type: "about:blank", title: "Unexpected answer", status, detail, instance: "", code: "", request_id: "" };
}

/** One sentence for the shopper. */
export function reasonOf(answer: Extract<Answer<unknown>, { ok: false }>): string {
  switch (answer.reason) {
    case "problem":
      return answer.problem.detail;
    case "unreachable":
      return "The shop could not be reached. Nothing is lost; please try again.";
    case "not_modified":
      return "Nothing has changed.";
  }
}
