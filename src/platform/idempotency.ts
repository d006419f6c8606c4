import { LIMITS } from "../domain/limits.ts";
import { ok, refuse, type Result } from "../domain/result.ts";
import { fingerprintOf } from "./http.ts";
import { type ProblemExtra, problemResponse } from "./problem.ts";

/** A caller's key with the fingerprint of what it asks; what an object's inbox wants. */
export interface KeyedRequest {
  readonly key: string;
  readonly fingerprint: string;
}

const KEY = new RegExp(`^[\\x21-\\x7e]{1,${LIMITS.idempotencyKeyChars}}$`);

/**
 * The Idempotency-Key as everything that depends on it must read it, valid or not. The IETF draft writes the key as a quoted string, most clients
 * without quotes; both are the same key.
 */
export const idempotencyKeyOf = (headers: Headers): string | undefined =>
  headers.get("idempotency-key")?.replace(/^"(.*)"$/, "$1");

/** The Idempotency-Key of a request whose body has been read. */
export async function keyedRequest(
  request: Request,
  body: unknown,
): Promise<Result<KeyedRequest | undefined, { readonly reason: "idempotency_key_invalid" }>> {
  const key = idempotencyKeyOf(request.headers);
  if (key === undefined) return ok(undefined);
  if (!KEY.test(key)) return refuse({ reason: "idempotency_key_invalid" });
  return ok({ key, fingerprint: await fingerprintOf(request, body) });
}

export function invalidKeyProblem(extra: ProblemExtra): Response {
  const limit = LIMITS.idempotencyKeyChars;
  const detail = `An Idempotency-Key is 1 to ${limit} visible ASCII characters.`;
  return problemResponse(400, "idempotency_key_invalid", "Idempotency-Key invalid", detail, { ...extra, limit });
}

export function missingKeyProblem(extra: ProblemExtra): Response {
  const detail = "Send an Idempotency-Key (a new UUID per attempt), so that a repeat cannot happen twice.";
  return problemResponse(400, "idempotency_key_required", "Idempotency-Key required", detail, extra);
}

/** `what`: of what the object that answered so is, e.g. `SKU`. */
export function tooManyKeysProblem(
  { limit, retryAfterSeconds }: { readonly limit: number; readonly retryAfterSeconds: number },
  what: string,
  extra: ProblemExtra,
): Response {
  const detail = `At most ${limit} keyed requests a day and ${what}.`;
  const headers = { "retry-after": String(retryAfterSeconds) };
  return problemResponse(429, "idempotency_full", "Too many keyed requests", detail, { ...extra, limit }, headers);
}

export function keyConflictProblem(extra: ProblemExtra): Response {
  const detail = "This Idempotency-Key belongs to another request. A new request needs a new key.";
  return problemResponse(422, "idempotency_conflict", "Idempotency-Key was used before", detail, extra);
}
