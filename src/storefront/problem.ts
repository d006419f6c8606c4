import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type ProblemExtra, problemResponse } from "../platform/problem.ts";
import type { C } from "./context.ts";

/** Every problem the storefront can answer with: stable code, status, title. Clients switch on the code; the detail is for people. */
export const PROBLEMS = {
  not_found: { status: 404, title: "Not found" },
  validation_failed: { status: 422, title: "Validation failed" },
  invalid_header: { status: 400, title: "Invalid header" },
  malformed_json: { status: 400, title: "Malformed JSON" },
  unsupported_media_type: { status: 415, title: "Unsupported media type" },
  body_too_large: { status: 413, title: "Body too large" },
  rate_limited: { status: 429, title: "Too many requests" },
  idempotency_key_required: { status: 400, title: "Idempotency-Key required" },
  idempotency_key_invalid: { status: 400, title: "Idempotency-Key invalid" },
  idempotency_conflict: { status: 422, title: "Idempotency-Key used for another request" },
  idempotency_full: { status: 429, title: "Too many keyed requests" },
  unknown_cart: { status: 404, title: "Unknown cart" },
  unknown_order: { status: 404, title: "Unknown order" },
  unknown_product: { status: 404, title: "Unknown product" },
  unknown_sku: { status: 422, title: "Unknown SKU" },
  unknown_line: { status: 404, title: "No such line in the cart" },
  product_archived: { status: 409, title: "Product no longer sold" },
  currency_mismatch: { status: 409, title: "Another currency than the cart's" },
  not_chargeable: { status: 422, title: "Cannot be charged" },
  line_limit: { status: 422, title: "Too many lines" },
  quantity_limit: { status: 422, title: "Quantity too large" },
  stale_version: { status: 412, title: "The cart has changed" },
  cart_moved: { status: 409, title: "The cart is kept elsewhere" },
  stale_epoch: { status: 409, title: "Decided under an epoch that is over" },
  cart_ordered: { status: 409, title: "The cart has been ordered" },
  cart_in_checkout: { status: 409, title: "The cart is being checked out" },
  cart_changed: { status: 409, title: "The cart changed during checkout" },
  empty_cart: { status: 409, title: "The cart is empty" },
  price_changed: { status: 409, title: "Prices have changed" },
  out_of_stock: { status: 409, title: "Out of stock" },
  not_cancelable: { status: 409, title: "The order can no longer be canceled" },
  malformed_batch: { status: 400, title: "Malformed batch" },
  unknown_write_key: { status: 401, title: "Unknown write key" },
  too_many_events: { status: 413, title: "Too many events" },
  overloaded: { status: 429, title: "Overloaded" },
  legacy_unreachable: { status: 502, title: "The shop's backend cannot be reached" },
  legacy_timeout: { status: 504, title: "The shop's backend does not answer" },
  loop_detected: { status: 508, title: "The request came back to where it was" },
  dependency_unavailable: { status: 503, title: "A part of the shop is unavailable" },
  internal_error: { status: 500, title: "Internal error" },
} as const satisfies Record<string, { status: ContentfulStatusCode; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** A problem with the request's own id and path; `members` are the extension members of RFC 9457. */
export function problem(
  c: C,
  code: ProblemCode,
  detail: string,
  members: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Response {
  const { status, title } = PROBLEMS[code];
  return problemResponse(status, code, title, detail, { ...extraOf(c), ...members }, headers);
}

/** What every problem of this request says of itself. */
export const extraOf = (c: C): ProblemExtra => ({ instance: c.req.path, request_id: c.get("requestId") });
