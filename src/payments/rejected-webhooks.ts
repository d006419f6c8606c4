import { causeName } from "../domain/fingerprint.ts";
import { LIMITS } from "../domain/limits.ts";
import { type Mismatch, placeOf } from "../domain/mismatch.ts";
import { log } from "../platform/log.ts";

/** Anybody can send us calls with bad signatures: of those the beginning is enough. What was verified stays whole, to be replayed. */
const REFUSED_PAYLOAD_CHARS = 16 * 1_024;
const TEXT_CHARS = 500;

/** Beyond these many causes, new ones are counted under their reason alone. */
const CAUSES_MAX = 500;

/**
 * What becomes of a call: `refused` for ever, because nobody knows who sent it or because it is no event; `waiting` to be replayed; or
 * `replayed`.
 */
export type RejectionStatus = "refused" | "waiting" | "replayed";

/** How many examples of each status are kept. Separate bounds, so that a flood of forged calls cannot push out one payment. */
const EXAMPLES_KEPT: Readonly<Record<RejectionStatus, number>> = { refused: 500, waiting: 10_000, replayed: 1_000 };

/** The rest may hold what is nobody's business, e.g. cookies of whoever calls us. */
const HEADERS_KEPT = [
  "stripe-signature",
  "user-agent",
  "content-type",
  "content-length",
  "cf-connecting-ip",
  "cf-ray",
  "x-request-id",
];

/** Why a call was not taken in, as far as can be said. */
export interface Explanation {
  /** Stable snake_case, e.g. `schema_mismatch`. */
  readonly reason: string;
  readonly detail: string;
  /** The first place that differs from what is read. */
  readonly mismatch?: Mismatch | undefined;
  /** Beside the point, but likely to help, e.g. that the event is of another API version. */
  readonly note?: string | undefined;
  readonly orderId?: string | undefined;
}

export interface Rejection {
  readonly status: Exclude<RejectionStatus, "replayed">;
  readonly explanation: Explanation;
  /** Of a verified event only: what an unverified one says of itself is worth nothing, and would make causes without end. */
  readonly event?: { readonly id: string; readonly type: string; readonly api_version?: string | null | undefined };
  readonly headers: Headers;
  readonly payload: string;
}

/** All that is alike gets one name: never an id, never a value. A thousand events with one renamed field are one cause. */
export function causeOf({ explanation, event }: Pick<Rejection, "explanation" | "event">): string {
  const { reason, mismatch } = explanation;
  return causeName(reason, [event?.type ?? "", placeOf(mismatch?.path ?? ""), mismatch?.expected ?? ""]);
}

/** A trigger counts the row under its cause, so the count stays exact when examples are pruned. */
const INSERT = `
  INSERT INTO rejected_webhooks (cause, status, reason, detail, path, expected, actual, note, order_id, event_id, event_type,
    api_version, headers, payload, payload_chars, at)
  VALUES (
    CASE WHEN EXISTS (SELECT 1 FROM webhook_causes WHERE cause = ?1) OR (SELECT COUNT(*) FROM webhook_causes) < ${CAUSES_MAX}
      THEN ?1 ELSE ?2 END,
    ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)`;

/** The newest example of a cause stays however old it is: a cause that nobody can look at explains nothing. */
const PRUNE = `
  DELETE FROM rejected_webhooks
  WHERE status = ?1
    AND id <= (SELECT id FROM rejected_webhooks WHERE status = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
    AND id NOT IN (SELECT last_id FROM webhook_causes)`;

export const pruneStatement = (db: D1Database, status: RejectionStatus): D1PreparedStatement =>
  db.prepare(PRUNE).bind(status, EXAMPLES_KEPT[status]);

/**
 * Keeps a webhook call that we could not take in, for the webhook debugger. Says whether it was stored: a D1 that is down must not turn the
 * refusal of a forged call into a failure of ours.
 */
export async function recordRejection(db: D1Database, rejection: Rejection, now: number): Promise<boolean> {
  const { status, explanation, event } = rejection;
  try {
    const insert = db.prepare(INSERT).bind(...rowOf(rejection, now));
    await db.batch([insert, pruneStatement(db, status)]);
    return true;
  } catch (error) {
    const { reason } = explanation;
    log("error", "rejected_webhook_not_stored", { reason, eventId: event?.id, error: String(error) });
    return false;
  }
}

function rowOf(rejection: Rejection, now: number): (string | number | null)[] {
  const { status, explanation, event, payload } = rejection;
  const { reason, detail, mismatch, note, orderId } = explanation;
  const text = (value: string | null | undefined): string | null => value?.slice(0, TEXT_CHARS) ?? null;
  return [
    causeOf(rejection),
    `${reason}.other`,
    status,
    reason,
    detail.slice(0, TEXT_CHARS),
    text(mismatch?.path),
    text(mismatch?.expected),
    text(mismatch?.actual),
    text(note),
    text(orderId),
    text(event?.id),
    text(event?.type),
    text(event?.api_version),
    JSON.stringify(keptHeaders(rejection.headers)),
    payload.slice(0, status === "waiting" ? LIMITS.webhookBytes : REFUSED_PAYLOAD_CHARS),
    payload.length,
    now,
  ];
}

function keptHeaders(headers: Headers): Record<string, string> {
  const kept = HEADERS_KEPT.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value.slice(0, TEXT_CHARS)] as const];
  });
  return Object.fromEntries(kept);
}
