import type { CommandKey } from "../../durable-objects/inbox.ts";
import { LIMITS } from "../domain/limits.ts";
import { ok, refuse, type Result } from "../domain/result.ts";
import { etagOf, isAmong, versionOf } from "../platform/entity-tags.ts";
import { invalidKeyProblem, keyedRequest, missingKeyProblem } from "../platform/idempotency.ts";
import type { C } from "./context.ts";
import { extraOf, problem } from "./problem.ts";

type Refused = { readonly reason: "refused"; readonly response: Response };

/** The caller's Idempotency-Key, if it sent one. */
export async function commandKey(c: C, body: unknown): Promise<Result<CommandKey | undefined, Refused>> {
  const keyed = await keyedRequest(c.req.raw, body);
  return keyed.ok ? keyed : refuse({ reason: "refused", response: invalidKeyProblem(extraOf(c)) });
}

/** For commands that must not be repeated by accident. */
export async function requiredCommandKey(c: C, body: unknown): Promise<Result<CommandKey, Refused>> {
  const command = await commandKey(c, body);
  if (!command.ok) return command;
  if (command.value) return ok(command.value);
  return refuse({ reason: "refused", response: missingKeyProblem(extraOf(c)) });
}

/** The version named by If-Match: a tag as we sent it, or weakened on its way, or `*`, which matches any. */
export function expectedVersion(c: C): Result<number | undefined, Refused> {
  const given = c.req.header("if-match")?.trim();
  if (given === undefined || given === "*") return ok(undefined);
  const version = versionOf(given);
  if (version !== undefined) return ok(version);
  const response = problem(c, "invalid_header", `If-Match must be an ETag of this resource such as "3", not ${given}.`);
  return refuse({ reason: "refused", response });
}

/** Whether the caller's copy is the current one. */
export const isNotModified = (c: C, version: number): boolean =>
  isAmong(etagOf(version), c.req.header("if-none-match"));

/** Seconds asked for by `Prefer: wait=N` (RFC 7240), within our bound. */
export function preferredWait(c: C): number | undefined {
  const match = /(?:^|[,;\s])wait="?(\d+)/i.exec(c.req.header("prefer") ?? "");
  return match ? Math.min(Number(match[1]), LIMITS.waitMaxSeconds) : undefined;
}
