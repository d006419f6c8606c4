import { log } from "../platform/log.ts";

const PAYLOAD_CHARS = 16 * 1_024;
const TEXT_CHARS = 500;
const ROWS_KEPT = 1_000;

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

export interface Rejection {
  readonly reason: string;
  readonly detail: string;
  readonly eventId?: string | undefined;
  readonly eventType?: string | undefined;
  readonly headers: Headers;
  readonly payload: string;
}

/**
 * Keeps a webhook call that we could not take in, for a person to look at; the newest thousand stay. Says whether it was stored: a D1 that is
 * down must not turn the refusal of a forged call into a failure of ours.
 */
export async function recordRejection(db: D1Database, rejection: Rejection, now: number): Promise<boolean> {
  const { reason, detail, eventId = null, eventType = null, payload } = rejection;
  const headers = HEADERS_KEPT.flatMap((name) => {
    const value = rejection.headers.get(name);
    return value === null ? [] : [[name, value.slice(0, TEXT_CHARS)]];
  });
  const row = [
    reason,
    detail.slice(0, TEXT_CHARS),
    eventId,
    eventType,
    JSON.stringify(Object.fromEntries(headers)),
    payload.slice(0, PAYLOAD_CHARS),
    now,
  ];
  try {
    await db.batch([
      db
        .prepare(
          "INSERT INTO rejected_webhooks (reason, detail, event_id, event_type, headers, payload, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(...row),
      db
        .prepare("DELETE FROM rejected_webhooks WHERE id <= (SELECT MAX(id) FROM rejected_webhooks) - ?")
        .bind(ROWS_KEPT),
    ]);
    return true;
  } catch (error) {
    log("error", "rejected_webhook_not_stored", { reason, eventId, error: String(error) });
    return false;
  }
}
