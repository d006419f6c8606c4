import type { RejectReason } from "../../domain/events/columns.ts";
import type { Rejects } from "../../domain/events/intake.ts";
import { problemResponse } from "../../platform/problem.ts";

/** Browsers cap it: Chromium at two hours, Firefox at a day. */
const PREFLIGHT_MAX_AGE_S = 86_400;
/** The limiters count per minute; half of one is how long a client waits that does not know when its minute began. */
const LIMITED_RETRY_S = 30;
const OVERLOADED_RETRY_S = 5;
const OVERLOADED_SPREAD_S = 10;

/**
 * Any page may read an answer, because there is nothing in it. Whether its events count is decided by the key's list of origins, which a
 * preflight cannot know: it carries no key. And a page that is not listed has to see the answer, or its SDK takes it for a lost
 * connection and sends the same events ten times.
 */
const HEADERS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "Retry-After, X-Request-Id",
  "cache-control": "no-store",
  "cross-origin-resource-policy": "cross-origin",
  "x-content-type-options": "nosniff",
} as const;

export const preflight = (): Response =>
  new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers": "Authorization, Content-Type, Content-Encoding, X-Retry-Count, X-Request-Id",
      "access-control-max-age": String(PREFLIGHT_MAX_AGE_S),
    },
  });

/** Segment's own answer, and what it does not say: how many of the events were not understood. */
export function accepted(requestId: string, rejects: ReadonlyMap<RejectReason, Rejects>): Response {
  const body = rejects.size === 0 ? '{"success":true}' : JSON.stringify({ success: true, rejected: countsOf(rejects) });
  return new Response(body, {
    headers: { ...HEADERS, "content-type": "application/json", "x-request-id": requestId },
  });
}

const countsOf = (rejects: ReadonlyMap<RejectReason, Rejects>): Record<string, number> =>
  Object.fromEntries([...rejects].map(([reason, { count }]) => [reason, count]));

export const json = (requestId: string, body: unknown): Response =>
  Response.json(body, { headers: { ...HEADERS, "x-request-id": requestId } });

/**
 * Why a whole request is not taken. What an SDK does with the status decides over its events: 400, 401 and 413 make it drop them for ever,
 * which is right where sending them again would end in the same way. After 429 and 5xx it sends them again.
 * Source: https://github.com/segmentio/analytics-next (`publisher.ts`, `shared-dispatcher.ts`)
 */
export const REFUSALS = {
  method_not_allowed: { status: 405, title: "Method not allowed" },
  malformed_json: { status: 400, title: "Malformed JSON" },
  malformed_batch: { status: 400, title: "Malformed batch" },
  unknown_write_key: { status: 401, title: "Unknown write key" },
  body_too_large: { status: 413, title: "Body too large" },
  too_many_events: { status: 413, title: "Too many events" },
  rate_limited: { status: 429, title: "Too many requests" },
  overloaded: { status: 429, title: "Overloaded" },
  dependency_unavailable: { status: 503, title: "A part of the shop is unavailable" },
} as const satisfies Record<string, { status: number; title: string }>;
export type RefusalCode = keyof typeof REFUSALS;

export interface Refused {
  readonly reason: RefusalCode;
  readonly detail: string;
  readonly limit?: number;
}

export function refused({ reason, detail, limit }: Refused, path: string, requestId: string): Response {
  const { status, title } = REFUSALS[reason];
  const extra = { instance: path, request_id: requestId, ...(limit !== undefined && { limit }) };
  const headers = { ...HEADERS, "x-request-id": requestId, ...adviceOf(reason) };
  return problemResponse(status, reason, title, detail, extra, headers);
}

function adviceOf(reason: RefusalCode): Readonly<Record<string, string>> {
  switch (reason) {
    case "rate_limited":
      return { "retry-after": String(LIMITED_RETRY_S) };
    case "overloaded":
    case "dependency_unavailable":
      // Spread, or everybody who was refused together comes back together.
      return { "retry-after": String(OVERLOADED_RETRY_S + Math.floor(Math.random() * (OVERLOADED_SPREAD_S + 1))) };
    case "unknown_write_key":
      return { "www-authenticate": 'Basic realm="breakwater tracking"' };
    case "method_not_allowed":
      return { allow: "GET, POST, OPTIONS" };
    case "malformed_json":
    case "malformed_batch":
    case "body_too_large":
    case "too_many_events":
      return {};
  }
}
