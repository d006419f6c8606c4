/** What waits to be sent. Pure: what is decided about events is here, what is done with them in tracker.ts. */
export interface QueuedEvent {
  readonly messageId: string;
  readonly type: "page" | "track";
  readonly [member: string]: unknown;
}

export const TRACKING_LIMITS = {
  /** Oldest events give way: a shop that was unreachable for hours has better things to do than to hear of them all. */
  queuedEvents: 500,
  batchEvents: 50,
  /** Browsers send at most 64 KiB for pages that are gone, all requests together. */
  batchBytes: 60_000,
  firstRetryMs: 1_000,
  longestRetryMs: 60_000,
} as const;

export function enqueue(queue: readonly QueuedEvent[], event: QueuedEvent): readonly QueuedEvent[] {
  return [...queue, event].slice(-TRACKING_LIMITS.queuedEvents);
}

/** The oldest events that fit into one request; an event that is too large by itself goes alone and is judged by the server. */
export function nextBatch(queue: readonly QueuedEvent[]): readonly QueuedEvent[] {
  let bytes = 0;
  const batch: QueuedEvent[] = [];
  for (const event of queue.slice(0, TRACKING_LIMITS.batchEvents)) {
    bytes += new TextEncoder().encode(JSON.stringify(event)).byteLength + 1;
    if (batch.length > 0 && bytes > TRACKING_LIMITS.batchBytes) break;
    batch.push(event);
  }
  return batch;
}

/** By id, because other events may have come, or the oldest gone, while the batch was under way. */
export function without(queue: readonly QueuedEvent[], batch: readonly QueuedEvent[]): readonly QueuedEvent[] {
  const sent = new Set(batch.map((event) => event.messageId));
  return queue.filter((event) => !sent.has(event.messageId));
}

/** What an answer means for the batch. No status: nothing came back, so it may or may not have arrived; its ids tell the server which. */
export function verdictOf(status: number | undefined): "accepted" | "refused" | "again" {
  if (status === undefined || status === 408 || status === 429 || status >= 500) return "again";
  return status < 400 ? "accepted" : "refused";
}

/**
 * How long to wait after so many failures in a row (1 and up): as long as the server asks, else twice as long each time, of which a random
 * part (`chance` in [0, 1)), so that browsers that failed together do not come back together.
 */
export function retryDelayMs(failures: number, chance: number, retryAfter: string | null | undefined): number {
  const { firstRetryMs, longestRetryMs } = TRACKING_LIMITS;
  const asked = Number(retryAfter || Number.NaN) * 1_000;
  if (asked >= 0) return Math.min(asked, longestRetryMs);
  const ceiling = Math.min(firstRetryMs * 2 ** (failures - 1), longestRetryMs);
  return Math.round(ceiling * (0.5 + chance / 2));
}
