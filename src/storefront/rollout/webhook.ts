import { fingerprintOfParts } from "../../domain/fingerprint.ts";
import { isOnNewPath, type Lease } from "../../domain/guard/lease.ts";
import { LIMITS } from "../../domain/limits.ts";
import { readBytes } from "../../platform/http.ts";
import { inTime } from "../../platform/in-time.ts";
import { log } from "../../platform/log.ts";
import type { C } from "../context.ts";
import { problem } from "../problem.ts";
import { problemIn } from "./edge.ts";
import { drop, leaseOn } from "./leases.ts";
import { writePoint } from "./points.ts";
import { proxyToLegacy, withoutInternal } from "./proxy.ts";
import { note, type Trial } from "./reports.ts";

const FLAG = "payment.webhook";
const WEBHOOK_TIMEOUT_MS = 10_000;
/** What the new path answers about an event that it knows to be none of its business. */
const NOT_OURS = new Set(["not_our_order", "event_type_not_used", "unknown_order", "unknown_object"]);
/** And about one that it should have understood and did not: the reader is at fault, whatever the status. */
const NOT_UNDERSTOOD = new Set(["schema_mismatch", "malformed_event"]);

type Verdict =
  | { readonly kind: "ok" | "neutral" | "not_ours" | "stale" }
  | { readonly kind: "definite_fail" | "indefinite"; readonly code: string; readonly detail: string };

interface Delivery {
  readonly body: Uint8Array;
  /** The event's name for itself: a delivery that is repeated is the same trial. Not believed for anything else. */
  readonly eventId: string;
  readonly began: number;
}

/**
 * One delivery of the payment provider. The new path reads the event; the safe one does not: it lets the monolith have it, and has the shop's own orders
 * ask the provider what is true, which no change of the payload can spoil. Facts carry their own ids, so an event that went both ways counts once.
 */
export async function takeWebhook(c: C): Promise<Response> {
  const began = Date.now();
  const body = await readBytes(c.req.raw, LIMITS.webhookBytes);
  if (body === undefined) {
    return problem(c, "body_too_large", `A webhook may have at most ${LIMITS.webhookBytes} bytes.`);
  }
  const defer = (work: Promise<unknown>): void => c.executionCtx.waitUntil(work);
  const lease = await leaseOn(c.env, FLAG, defer);
  const delivery = { body, eventId: eventIdIn(body), began };
  const tell = (trial: Trial): void => note(c.env, FLAG, lease.epoch, trial, defer);
  if (!isOnNewPath(lease, delivery.eventId)) {
    if (lease.mirrored) defer(mirrored(c, delivery).then((trial) => trial && tell(trial)));
    return safely(c, delivery, lease, tell);
  }
  const { answer, verdict } = await onNewPath(c, delivery, lease);
  writePoint(c, { flag: FLAG, arm: "edge", outcome: verdict.kind, share: lease.share, began });
  switch (verdict.kind) {
    case "ok":
      tell({ kind: "ok" });
      return answer;
    case "neutral":
      // Signed for somebody else, perhaps: the monolith has its own secret, and says so if it is not.
      return passedOn(c, delivery);
    case "not_ours":
      return passedOn(c, delivery);
    case "stale":
      drop(lease);
      return safely(c, delivery, lease, tell);
    case "definite_fail":
    case "indefinite":
      tell({ kind: "error", sample: sampleOf(c, delivery, verdict, answer.status) });
      log("warn", "path_failed", { flag: FLAG, epoch: lease.epoch, request_id: c.get("requestId"), ...verdict });
      // What may have been done is done again by the provider, which delivers until it is told that all is well.
      return verdict.kind === "definite_fail" ? safely(c, delivery, lease, tell) : answer;
  }
}

async function onNewPath(
  c: C,
  delivery: Delivery,
  { epoch, fault }: Lease,
): Promise<{ readonly answer: Response; readonly verdict: Verdict }> {
  if (fault !== null) {
    const verdict = {
      kind: "definite_fail",
      code: "rehearsed_fault",
      detail: "the new path was told to fail",
    } as const;
    return { answer: tryAgain(c), verdict };
  }
  try {
    const answer = await toPayments(c, delivery, { "x-breakwater-epoch": String(epoch) });
    return { answer, verdict: await verdictOn(answer) };
  } catch (error) {
    return { answer: tryAgain(c), verdict: { kind: "indefinite", code: "no_answer", detail: String(error) } };
  }
}

async function verdictOn(answer: Response): Promise<Verdict> {
  if (answer.status < 300) {
    // SAFETY: payments' own answer; what is not there reads as undefined.
    const { handled, reason } = (await answer.clone().json()) as { handled?: boolean; reason?: string };
    if (handled === true) return { kind: "ok" };
    if (reason !== undefined && NOT_OURS.has(reason)) return { kind: "not_ours" };
    if (reason !== undefined && NOT_UNDERSTOOD.has(reason)) {
      return { kind: "definite_fail", code: reason, detail: "the event could not be read" };
    }
    return { kind: "neutral" };
  }
  const { code, detail } = await problemIn(answer);
  if (code === "stale_epoch") return { kind: "stale" };
  if (code !== undefined && NOT_UNDERSTOOD.has(code)) return { kind: "definite_fail", code, detail: detail ?? "" };
  if (answer.status < 500) return { kind: "neutral" };
  return { kind: "indefinite", code: code ?? `status_${answer.status}`, detail: detail ?? "" };
}

/** The monolith handles the event; ours are looked up. Both must have worked, or the provider delivers again. */
async function safely(c: C, delivery: Delivery, { share }: Lease, tell: (trial: Trial) => void): Promise<Response> {
  const [lookedUp, answer] = await Promise.all([
    toPayments(c, delivery, { "x-breakwater-webhook": "look-up" }).catch(() => undefined),
    proxyToLegacy(c, { body: delivery.body }),
  ]);
  const isSafe = lookedUp !== undefined && lookedUp.status < 500;
  const outcome = isSafe && answer.status < 500 ? "ok" : "failed";
  writePoint(c, { flag: FLAG, arm: "legacy", outcome, share, began: delivery.began });
  tell({ kind: "safe" });
  if (isSafe) return answer;
  c.set("isProxied", false);
  return tryAgain(c);
}

const passedOn = (c: C, { body }: Delivery): Promise<Response> => proxyToLegacy(c, { body });

/** In the shadow the new path only says whether it could have read the event. */
async function mirrored(c: C, delivery: Delivery): Promise<Trial | undefined> {
  try {
    const answer = await toPayments(c, delivery, { "x-breakwater-webhook": "dry-run" });
    const verdict = await verdictOn(answer);
    if (verdict.kind === "ok") return { kind: "parity" };
    if (verdict.kind !== "definite_fail") return undefined;
    return { kind: "error", sample: { ...sampleOf(c, delivery, verdict, answer.status), outcome: "mismatch" } };
  } catch (error) {
    log("warn", "mirror_failed", { flag: FLAG, error: String(error) });
    return undefined;
  }
}

async function toPayments(c: C, { body }: Delivery, internal: Readonly<Record<string, string>>): Promise<Response> {
  const headers = withoutInternal(c.req.raw.headers);
  headers.set("x-request-id", c.get("requestId"));
  for (const [name, value] of Object.entries(internal)) headers.set(name, value);
  const request = new Request(c.req.url, { method: "POST", headers, body });
  const answer = await inTime(c.env.PAYMENTS.fetch(request), WEBHOOK_TIMEOUT_MS, "payments' answer");
  return new Response(answer.body, answer);
}

const tryAgain = (c: C): Response =>
  problem(
    c,
    "dependency_unavailable",
    "The webhook could not be taken in; deliver it again.",
    {},
    { "retry-after": "30" },
  );

function sampleOf(
  c: C,
  { eventId, began }: Delivery,
  { kind, code, detail }: Extract<Verdict, { kind: "definite_fail" | "indefinite" }>,
  status: number,
) {
  const now = Date.now();
  const key = fingerprintOfParts(["webhook", eventId]);
  return { key, at: now, outcome: kind, status, code, detail, requestId: c.get("requestId"), latencyMs: now - began };
}

function eventIdIn(body: Uint8Array): string {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    const id: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "id") : undefined;
    if (typeof id === "string" && id.length <= 200) return id;
  } catch {
    // Not an event: whoever verifies it says so.
  }
  return crypto.randomUUID();
}
