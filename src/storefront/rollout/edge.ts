import type { Next } from "hono";
import { fingerprintOfParts } from "../../domain/fingerprint.ts";
import type { Lease } from "../../domain/guard/lease.ts";
import { type Answered, type Outcome, outcomeOf } from "../../domain/guard/outcome.ts";
import type { ErrorSample } from "../../domain/guard/report.ts";
import { idempotencyKeyOf } from "../../platform/idempotency.ts";
import { inTime } from "../../platform/in-time.ts";
import type { C } from "../context.ts";

/** A write on the new path that takes longer than this is given up on; what became of it is not known then. */
const EDGE_TIMEOUT_MS = 10_000;
/** A checkout is given so much more for each line: its stock may have to be asked for one line after the other, at objects on another continent. */
const LINE_TIMEOUT_MS = 500;
const DETAIL_CHARS = 300;
const MINUTE_MS = 60_000;

/** Lets the new path do it, and says what became of it. The answer is in `c.res`. */
export async function onNewPath(c: C, next: Next, { key, epoch, fault }: Lease): Promise<Outcome> {
  c.set("fence", { key, epoch });
  if (fault !== null)
    return { kind: "definite_fail", code: "rehearsed_fault", detail: "the new path was told to fail" };
  const work = next();
  try {
    await patiently(c, work);
  } catch (error) {
    if (c.get("wentToLegacy") !== true) return { kind: "indefinite", code: "time_out", detail: String(error) };
    // Its own time limit ends that.
    await work;
  }
  // A path that is guarded and has no route here: whoever can make the monolith fail would roll the path back with it.
  return c.get("wentToLegacy") === true ? { kind: "neutral" } : outcomeOf(await answered(c));
}

/** How much there is to do is known once the cart has been read. A cart that is as large as it may be is no fault of the path's. */
async function patiently(c: C, work: Promise<void>): Promise<void> {
  try {
    await inTime(work, EDGE_TIMEOUT_MS, "the new path");
  } catch (error) {
    const lines = c.get("lines");
    if (lines === undefined) throw error;
    await inTime(
      work,
      lines * LINE_TIMEOUT_MS,
      `the new path, after its first ${EDGE_TIMEOUT_MS} ms, with ${lines} lines`,
    );
  }
}

async function answered(c: C): Promise<Answered> {
  const { status, headers } = c.res;
  const { code, detail } = await problemIn(c.res);
  return {
    status,
    code,
    detail: c.error ? c.error.message : detail,
    replayed: headers.get("idempotency-replayed") === "true",
    began: c.get("hasBegun") === true,
  };
}

/** The members of a problem that say what is the matter; nothing for any other answer. */
export async function problemIn(
  response: Response,
): Promise<{ code?: string; detail?: string; moved_to?: string | null }> {
  if (!response.headers.get("content-type")?.startsWith("application/problem+json")) return {};
  // SAFETY: our own problems, whose members are texts.
  return (await response.clone().json()) as { code?: string; detail?: string; moved_to?: string | null };
}

/**
 * The name of the logical operation, the same for every retry of it: of the caller's key where there is one, else of what is asked of that cart within a
 * minute. A shopper who presses the button twenty times has not had twenty failures.
 */
export function operationKey(c: C, body: Uint8Array | undefined, cartId: string | undefined, now: number): string {
  const given = idempotencyKeyOf(c.req.raw.headers);
  const parts = given === undefined ? [textOf(body), String(Math.floor(now / MINUTE_MS))] : [given];
  // Without a key or a cart nothing tells one shopper's request from another's.
  const isNameless = given === undefined && cartId === undefined;
  return fingerprintOfParts([c.req.method, c.req.path, ...(isNameless ? [c.get("requestId")] : parts)]);
}

const textOf = (body: Uint8Array | undefined): string => (body ? new TextDecoder().decode(body) : "");

export function sampleOf(
  c: C,
  outcome: Extract<Outcome, { kind: "definite_fail" | "indefinite" }>,
  { key, began }: { readonly key: string; readonly began: number },
): ErrorSample {
  const now = Date.now();
  return {
    key,
    at: now,
    outcome: outcome.kind,
    status: c.finalized ? c.res.status : 0,
    code: outcome.code,
    detail: outcome.detail.slice(0, DETAIL_CHARS),
    requestId: c.get("requestId"),
    latencyMs: now - began,
  };
}
