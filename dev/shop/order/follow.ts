import { ask, reasonOf } from "../api/client.ts";
import type { Order } from "../api/shapes.ts";
import { storyOf } from "./story.ts";

/** The shop holds its answer back until the order changes, at most this long. */
const WAIT_S = 20;
/** While a charge waits for its turn, the estimate of when it comes is asked for this often. */
const ESTIMATE_WAIT_S = 5;
const TRY_AGAIN_MS = 2_000;

export interface Followed {
  readonly order: Order | undefined;
  readonly trouble: string | undefined;
}

/** Tells of the order now, and whenever it changes, until it is over or `signal` says so. */
export async function followOrder(id: string, tell: (followed: Followed) => void, signal: AbortSignal): Promise<void> {
  const path = `/v1/orders/${encodeURIComponent(id)}`;
  let order: Order | undefined;
  let etag: string | undefined;
  while (!signal.aborted) {
    const isQueued = order?.payment.expected_in_seconds !== undefined;
    const waitSeconds = etag === undefined ? undefined : isQueued ? ESTIMATE_WAIT_S : WAIT_S;
    const answer = await ask<Order>(path, { waitSeconds, ifNoneMatch: etag, signal });
    if (signal.aborted) return;
    if (answer.ok) {
      ({ value: order, etag } = answer);
      tell({ order, trouble: undefined });
      if (storyOf(order).isOver) return;
    } else if (answer.reason === "not_modified") {
      // The order is the same, but an estimate ages: the next question is an unconditional one.
      if (isQueued) etag = undefined;
    } else {
      const isUnknown = answer.reason === "problem" && answer.problem.status < 500 && answer.problem.status !== 429;
      tell({ order, trouble: reasonOf(answer) });
      if (isUnknown) return;
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }
}
