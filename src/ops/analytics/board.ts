import type { LiveBoard } from "../../../durable-objects/live-board/live-board.ts";
import type { Unanswered } from "../../../durable-objects/live-board/reader.ts";
import { log } from "../../platform/log.ts";
import { problemResponse } from "../../platform/problem.ts";
import { extraOf, type OpsContext } from "../context.ts";

/** There is one board per shop, and one shop. */
const BOARD = "shop";

export const boardOf = (env: OpsEnv): DurableObjectStub<LiveBoard> => env.LIVE_BOARD.getByName(BOARD);

/** A count without one of its parts is not a smaller count but a wrong one. */
export function silentProblem(c: OpsContext, { sources }: Unanswered): Response {
  const detail = `Not everything that counts could be asked (${sources.join(", ")}). Please try again.`;
  const headers = { "retry-after": "1" };
  return problemResponse(503, "dependency_unavailable", "Unavailable", detail, { ...extraOf(c), sources }, headers);
}

/** Whoever may no longer read may not go on watching either. Beside the request: should it fail, expiry and the next connection decide. */
export function dismissFromBoard(c: OpsContext, actor: string): void {
  const done = boardOf(c.env)
    .dismiss(actor)
    .catch((error: unknown) => log("warn", "live_sockets_not_closed", { actor, error: String(error) }));
  c.executionCtx.waitUntil(done);
}
