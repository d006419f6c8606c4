import { isJson } from "../../domain/events/ecommerce.ts";

const KEY_CHARS = 200;
const CREDENTIALS = /^(Basic|Bearer) +(\S+)$/i;

/**
 * The write key in a header: `Basic <writeKey>:` as Segment's libraries send it, or `Bearer <writeKey>`. "" when there is none.
 * Source: https://www.twilio.com/docs/segment/connections/sources/catalog/libraries/server/http-api#authentication
 */
export function keyInHeader(headers: Headers): string {
  const [, scheme = "", value = ""] = CREDENTIALS.exec(headers.get("authorization") ?? "") ?? [];
  if (scheme.toLowerCase() === "bearer") return bounded(value);
  try {
    return bounded(atob(value).split(":", 1)[0]);
  } catch {
    return "";
  }
}

/** The write key in a body, which is all that a beacon can carry. */
export const keyInBody = (json: unknown): string => bounded(isJson(json) ? json["writeKey"] : undefined);

/** GA4's Measurement Protocol has it in the query. */
export const keyInQuery = (url: URL): string => bounded(url.searchParams.get("api_secret"));

const bounded = (value: unknown): string => (typeof value === "string" && value.length <= KEY_CHARS ? value : "");
