import { ok, refuse, type Result } from "../domain/result.ts";
import { log } from "../platform/log.ts";
import type { PaymentContext } from "./context.ts";
import { pruneStatement, type RejectionStatus } from "./rejected-webhooks.ts";
import { eventSchema } from "./webhook-events.ts";
import { takeIn } from "./webhook-intake.ts";

/** Rejected webhooks that are replayed in one call. */
const BATCH_MAX = 50;
const ROWS_IN_FLIGHT = 5;
const DETAIL_CHARS = 500;

/** What became of one replay. */
export interface ReplayOutcome {
  readonly id: number;
  /** `handled`, `ignored`, `failed` (try again), or the reason why it is still not understood. */
  readonly result: string;
  readonly detail: string;
  /** UTC ms. */
  readonly replayedAt: number;
  /** It had been replayed before, and this call did nothing. */
  readonly repeated: boolean;
}

export type ReplayReply = Result<ReplayOutcome, { readonly reason: "unknown_webhook" | "not_replayable" }>;

export interface CauseReplay {
  readonly outcomes: readonly ReplayOutcome[];
  /** How many of this cause still wait, including those that were tried and not understood. */
  readonly waiting: number;
}

interface RejectedRow {
  readonly id: number;
  readonly status: RejectionStatus;
  readonly payload: string;
  readonly replayed_at: number | null;
  readonly replay_result: string | null;
  readonly replay_detail: string | null;
}

const COLUMNS = "id, status, payload, replayed_at, replay_result, replay_detail";

/** Sends one rejected webhook through the readers again. One that was replayed with success answers what became of it then. */
export async function replayWebhook(id: number, db: D1Database, context: PaymentContext): Promise<ReplayReply> {
  const row = await db.prepare(`SELECT ${COLUMNS} FROM rejected_webhooks WHERE id = ?`).bind(id).first<RejectedRow>();
  if (!row) return refuse({ reason: "unknown_webhook" });
  switch (row.status) {
    case "refused":
      return refuse({ reason: "not_replayable" });
    case "replayed":
      return ok({
        id,
        result: row.replay_result ?? "",
        detail: row.replay_detail ?? "",
        replayedAt: row.replayed_at ?? 0,
        repeated: true,
      });
    case "waiting":
      return ok(await replay(row, db, context));
  }
}

/**
 * Replays up to `limit` of one cause: those never tried first, then those whose last try is longest ago, so that a few which still cannot be
 * read do not keep the rest from their turn.
 */
export async function replayCause(
  cause: string,
  limit: number,
  db: D1Database,
  context: PaymentContext,
): Promise<CauseReplay> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM rejected_webhooks WHERE cause = ? AND status = 'waiting'
       ORDER BY replayed_at IS NOT NULL, replayed_at, id LIMIT ?`,
    )
    .bind(cause, Math.min(limit, BATCH_MAX))
    .all<RejectedRow>();
  const outcomes: ReplayOutcome[] = [];
  const rest = results.entries();
  const lane = async (): Promise<void> => {
    for (const [index, row] of rest) outcomes[index] = await replay(row, db, context);
  };
  await Promise.all(Array.from({ length: Math.min(ROWS_IN_FLIGHT, results.length) }, lane));
  const waiting = await db
    .prepare("SELECT COUNT(*) AS n FROM rejected_webhooks WHERE cause = ? AND status = 'waiting'")
    .bind(cause)
    .first<number>("n");
  return { outcomes, waiting: waiting ?? 0 };
}

/** First the fact, then the mark: a crash in between leads to a second replay, whose fact has the same id and changes nothing. */
async function replay(row: RejectedRow, db: D1Database, context: PaymentContext): Promise<ReplayOutcome> {
  const { id } = row;
  const { status, result, detail } = await tryAgain(row, context);
  const replayedAt = context.now();
  const mark = db
    .prepare(
      `UPDATE rejected_webhooks SET status = ?, replays = replays + 1, replayed_at = ?, replay_result = ?, replay_detail = ?
       WHERE id = ? AND status = 'waiting'`,
    )
    .bind(status, replayedAt, result, detail, id);
  await db.batch(status === "replayed" ? [mark, pruneStatement(db, status)] : [mark]);
  log("info", "webhook_replayed", { rejectedId: id, status, result, detail });
  return { id, result, detail, replayedAt, repeated: false };
}

interface Attempt {
  readonly status: Exclude<RejectionStatus, "refused">;
  readonly result: string;
  readonly detail: string;
}

async function tryAgain({ id, payload }: RejectedRow, context: PaymentContext): Promise<Attempt> {
  try {
    const parsed = eventSchema.safeParse(JSON.parse(payload));
    if (!parsed.success) return { status: "waiting", result: "malformed_event", detail: clip(parsed.error.message) };
    const intake = await takeIn(parsed.data, `replay-${id}`, context);
    switch (intake.kind) {
      case "handled":
        return { status: "replayed", result: "handled", detail: `a fact for ${intake.orderId} was sent` };
      case "ignored":
        return { status: "replayed", result: "ignored", detail: intake.reason };
      case "rejected":
        return { status: "waiting", result: intake.explanation.reason, detail: clip(intake.explanation.detail) };
    }
  } catch (error) {
    return { status: "waiting", result: "failed", detail: clip(String(error)) };
  }
}

const clip = (text: string): string => text.slice(0, DETAIL_CHARS);
