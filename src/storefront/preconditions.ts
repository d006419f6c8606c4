import type { CommandKey } from "../../durable-objects/inbox.ts";
import { LIMITS } from "../domain/limits.ts";
import { ok, refuse, type Result } from "../domain/result.ts";
import { fingerprintOf } from "../platform/http.ts";
import type { C } from "./context.ts";
import { problem } from "./problem.ts";

type Refused = { readonly reason: "refused"; readonly response: Response };

const KEY = new RegExp(`^[\\x21-\\x7e]{1,${LIMITS.idempotencyKeyChars}}$`);

/**
 * The caller's Idempotency-Key with the fingerprint of what it asks. The IETF draft writes the key as a quoted string, most clients
 * without quotes; both are read.
 */
export async function commandKey(c: C, body: unknown): Promise<Result<CommandKey | undefined, Refused>> {
  const given = c.req.header("idempotency-key");
  if (given === undefined) return ok(undefined);
  const key = given.replace(/^"(.*)"$/, "$1");
  if (!KEY.test(key)) {
    const detail = `An Idempotency-Key is 1 to ${LIMITS.idempotencyKeyChars} visible ASCII characters.`;
    const response = problem(c, "idempotency_key_invalid", detail, { limit: LIMITS.idempotencyKeyChars });
    return refuse({ reason: "refused", response });
  }
  return ok({ key, fingerprint: await fingerprintOf(c.req.raw, body) });
}

/** For commands that must not be repeated by accident. */
export async function requiredCommandKey(c: C, body: unknown): Promise<Result<CommandKey, Refused>> {
  const command = await commandKey(c, body);
  if (!command.ok) return command;
  if (command.value) return ok(command.value);
  const detail = "Send an Idempotency-Key (a new UUID per attempt to buy), so that a repeat cannot order twice.";
  return refuse({ reason: "refused", response: problem(c, "idempotency_key_required", detail) });
}

/** The version named by If-Match: a strong tag as we sent it, or `*`, which matches any. */
export function expectedVersion(c: C): Result<number | undefined, Refused> {
  const given = c.req.header("if-match")?.trim();
  if (given === undefined || given === "*") return ok(undefined);
  const version = versionOf(given);
  if (version !== undefined) return ok(version);
  const response = problem(c, "invalid_header", `If-Match must be an ETag of this resource such as "3", not ${given}.`);
  return refuse({ reason: "refused", response });
}

export const etagOf = (version: number): string => `"${version}"`;

export function versionOf(etag: string | undefined): number | undefined {
  const match = /^"(\d{1,15})"$/.exec(etag?.trim() ?? "");
  return match ? Number(match[1]) : undefined;
}

/** Whether the caller's copy is the current one (RFC 9110, weak comparison). */
export function isNotModified(c: C, version: number): boolean {
  const tags = c.req.header("if-none-match")?.split(",") ?? [];
  return tags.some((tag) => tag.trim().replace(/^W\//, "") === etagOf(version));
}

/** Seconds asked for by `Prefer: wait=N` (RFC 7240), within our bound. */
export function preferredWait(c: C): number | undefined {
  const match = /(?:^|[,;\s])wait=(\d{1,6})\b/i.exec(c.req.header("prefer") ?? "");
  return match ? Math.min(Number(match[1]), LIMITS.waitMaxSeconds) : undefined;
}
