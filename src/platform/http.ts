import type * as z from "zod";
import { makeId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import { ok, refuse, type Result } from "../domain/result.ts";
import { hex } from "./hex.ts";
import { type ProblemExtra, problemResponse } from "./problem.ts";

/** One bad field: an RFC 6901 pointer into the body, or the name of a parameter of the path or the query. */
export interface FieldError {
  readonly pointer?: string;
  readonly parameter?: string;
  readonly detail: string;
}

export type BodyRefusal =
  | { readonly reason: "unsupported_media_type"; readonly contentType: string }
  | { readonly reason: "body_too_large"; readonly limit: number }
  | { readonly reason: "malformed_json"; readonly detail: string }
  | { readonly reason: "validation_failed"; readonly errors: readonly FieldError[] };

const REQUEST_ID = new RegExp(`^[\\w.:/+=-]{1,${LIMITS.requestIdChars}}$`);
const JSON_TYPE = /^application\/(?:json|[\w.+-]+\+json)\s*(?:;|$)/i;
/** An escape that may be half of a surrogate pair. Without one a text is well formed: it was decoded from UTF-8. */
const HALF_ESCAPED = /\\u[dD][89a-fA-F]/;
const ERRORS_SHOWN = 20;

/** The caller's `X-Request-Id` when it is safe to log and to echo, or a new one. */
export function requestIdOf(headers: Headers): string {
  const given = headers.get("x-request-id") ?? "";
  return REQUEST_ID.test(given) ? given : makeId("req", Date.now(), crypto.getRandomValues(new Uint8Array(16)));
}

/** Reads a JSON body that must match `schema`; an absent one counts as `{}`. Stops reading at the limit, whatever the headers promise. */
export async function readJson<S extends z.ZodType>(
  request: Request,
  schema: S,
  limitBytes: number = LIMITS.bodyBytes,
): Promise<Result<z.output<S>, BodyRefusal>> {
  const text = await readText(request, limitBytes);
  if (text === undefined) return refuse({ reason: "body_too_large", limit: limitBytes });
  const contentType = request.headers.get("content-type") ?? "";
  if (text !== "" && !JSON_TYPE.test(contentType)) return refuse({ reason: "unsupported_media_type", contentType });
  let value: unknown;
  try {
    value = text === "" ? {} : JSON.parse(text);
  } catch (error) {
    return refuse({ reason: "malformed_json", detail: error instanceof Error ? error.message : String(error) });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) return refuse({ reason: "validation_failed", errors: fieldErrors(parsed.error) });
  const errors = HALF_ESCAPED.test(text) ? illFormedTexts(parsed.data) : [];
  return errors.length === 0 ? ok(parsed.data) : refuse({ reason: "validation_failed", errors });
}

/**
 * Texts that are no Unicode: JSON can write half of a surrogate pair, and such a text cannot be encoded, so whoever is to be sent it later throws. As deep
 * as the schema goes that the value has passed.
 */
function illFormedTexts(body: unknown): FieldError[] {
  const errors: FieldError[] = [];
  const open: (readonly [pointer: string, value: unknown])[] = [["", body]];
  // The list grows while it is walked, level by level: a caller may nest deeper than calls can.
  for (const [pointer, value] of open) {
    if (errors.length >= ERRORS_SHOWN) break;
    if (typeof value === "string" && !value.isWellFormed())
      errors.push({ pointer, detail: "holds half of a surrogate pair, which is no character" });
    if (typeof value !== "object" || value === null) continue;
    for (const [name, inner] of Object.entries(value)) {
      if (!name.isWellFormed()) errors.push({ pointer, detail: "has a name that holds half of a surrogate pair" });
      open.push([`${pointer}${pointerPart(name)}`, inner]);
    }
  }
  return errors.slice(0, ERRORS_SHOWN);
}

/** The body as UTF-8 text, or `undefined` when it is larger than the limit. */
export async function readText(
  request: Pick<Request, "headers" | "body">,
  limitBytes: number,
): Promise<string | undefined> {
  if (Number(request.headers.get("content-length") ?? 0) > limitBytes) return undefined;
  if (!request.body) return "";
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = "";
  for await (const chunk of request.body) {
    bytes += chunk.byteLength;
    if (bytes > limitBytes) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** The body as it is, or `undefined` when it is larger than the limit. */
export async function readBytes(request: Request, limitBytes: number): Promise<Uint8Array | undefined> {
  if (Number(request.headers.get("content-length") ?? 0) > limitBytes) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > limitBytes) return undefined;
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** Every issue of a zod error as a pointer and a sentence; a bounded number of them. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.slice(0, ERRORS_SHOWN).map((issue) => ({
    pointer: issue.path.map((part) => pointerPart(String(part))).join(""),
    detail: issue.message,
  }));
}

const pointerPart = (name: string): string => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;

/** The answer to a body that was refused. */
export function bodyProblem(refusal: BodyRefusal, extra: ProblemExtra): Response {
  switch (refusal.reason) {
    case "unsupported_media_type":
      return problemResponse(
        415,
        refusal.reason,
        "Unsupported media type",
        `The body must be application/json; this one is ${refusal.contentType ? `"${refusal.contentType}"` : "not labelled"}.`,
        extra,
      );
    case "body_too_large": {
      const { limit } = refusal;
      const detail = `The body may have at most ${limit} bytes.`;
      return problemResponse(413, refusal.reason, "Body too large", detail, { ...extra, limit });
    }
    case "malformed_json":
      return problemResponse(400, refusal.reason, "Malformed JSON", `The body is not JSON: ${refusal.detail}`, extra);
    case "validation_failed":
      return validationProblem(refusal.errors, extra);
  }
}

export function validationProblem(errors: readonly FieldError[], extra: ProblemExtra): Response {
  const [first] = errors;
  const where = first?.pointer || first?.parameter;
  const detail = first ? `${where ? `${where}: ` : ""}${first.detail}` : "The request is not valid.";
  return problemResponse(422, "validation_failed", "Validation failed", detail, { ...extra, errors });
}

/** Identifies what a request asked for, so that one key with two different requests is noticed. */
export async function fingerprintOf(request: Request, body: unknown): Promise<string> {
  const { pathname } = new URL(request.url);
  const text = JSON.stringify([request.method, pathname, body]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return hex(new Uint8Array(digest));
}
