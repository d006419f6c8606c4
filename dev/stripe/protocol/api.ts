import { setTimeout as sleep } from "node:timers/promises";
import type { FaultPlan, Faults } from "../control/faults.ts";
import { NO_FAULT } from "../control/faults.ts";
import type { Stats } from "../control/stats.ts";
import { newId } from "../state/ids.ts";
import type { Cause, Store, Transaction } from "../state/store.ts";
import { TableFull } from "../state/table.ts";
import { API_VERSION } from "../templates/event.ts";
import type { Finished } from "./answers.ts";
import { finishFailure, finishReply, finishStored, storable } from "./answers.ts";
import { checkCredentials, checkEncoding, checkVersion } from "./credentials.ts";
import { StripeFailure, rateLimited, refusal, serverError } from "./errors.ts";
import type { FormObject } from "./form.ts";
import { parseForm } from "./form.ts";
import type { Answer, HttpRequest } from "./http.ts";
import type { IdempotencyKeys, KeyClaim } from "./idempotency.ts";
import { fingerprintOf } from "./idempotency.ts";
import type { RateLimiter } from "./rate-limit.ts";
import type { RenderingContext } from "./rendering.ts";
import type { RouteMatch } from "./router.ts";
import { matchRoute } from "./router.ts";
import { API_ROUTES } from "./routes.ts";

export type ApiParts = {
  readonly store: Store;
  readonly keys: IdempotencyKeys;
  readonly limiter: RateLimiter;
  readonly faults: Faults;
  readonly stats: Stats;
  readonly context: RenderingContext;
};

type Execution = {
  readonly match: RouteMatch;
  readonly params: FormObject;
  readonly claim: KeyClaim | null;
  readonly request_id: string;
};

/** What is answered, and what the key is to answer from now on. */
type Outcome = { readonly finished: Finished; readonly stored: Parameters<Transaction["remember"]>[1] | null };

/** Stripe's API: who calls, how often, whether it was answered before, what goes wrong, and only then what is done. */
export class Api {
  readonly #parts: ApiParts;

  constructor(parts: ApiParts) {
    this.#parts = parts;
  }

  async answer(request: HttpRequest): Promise<Answer> {
    const request_id = newId("req");
    try {
      return await this.#admit(request, request_id);
    } catch (error) {
      return this.#reply(finishFailure(failureOf(error), request_id, this.#parts.context), request_id);
    }
  }

  /** Runs a route without credentials, keys, limits and faults: for the control path. */
  perform(match: RouteMatch, params: FormObject): Answer {
    const request_id = newId("req");
    const finished = this.#execute({ match, params, claim: null, request_id }, NO_FAULT);
    return this.#reply(finished, request_id);
  }

  async #admit(request: HttpRequest, request_id: string): Promise<Answer> {
    const { stats, limiter, keys, faults } = this.#parts;
    checkCredentials(request);
    checkVersion(request);
    if (!limiter.allows(request.method)) {
      stats.noteRateLimited();
      throw rateLimited();
    }
    const match = matchRoute(API_ROUTES, request.method, request.path);
    if (match === null) {
      throw refusal(404, `Unrecognized request URL (${request.method}: ${request.path.slice(0, 200)}).`);
    }
    stats.noteCall(request.method, match.route.pattern);
    checkEncoding(request);
    const params = parseForm(request.method === "POST" ? request.body : request.query);
    const claim = claimOf(request, params);
    const stored = claim === null ? null : keys.claim(claim);
    const plan = faults.plan(request.method, request.path);
    if (stored !== null) {
      stats.noteReplay();
      if (plan.latency_ms > 0) await sleep(plan.latency_ms);
      if (plan.effect === "reset" || plan.effect?.startsWith("timeout") === true) return this.#cut(plan);
      return this.#reply(finishStored(stored.reply, this.#parts.context), request_id, {
        "idempotency-key": stored.id,
        "idempotent-replayed": "true",
        "original-request": stored.request_id,
      });
    }
    try {
      return await this.#carryOut({ match, params, claim, request_id }, plan);
    } finally {
      if (claim !== null) keys.release(claim);
    }
  }

  /** The key is held through the latency, as a slow request of Stripe's would hold it. */
  async #carryOut(execution: Execution, plan: FaultPlan): Promise<Answer> {
    if (plan.latency_ms > 0) await sleep(plan.latency_ms);
    if (plan.effect === "reset" || plan.effect === "timeout_before") return this.#cut(plan);
    const finished = this.#execute(execution, plan);
    if (plan.effect === "timeout_after") return this.#cut(plan);
    const key = execution.claim?.id;
    return this.#reply(finished, execution.request_id, {
      ...(key !== undefined && { "idempotency-key": key }),
      ...(plan.should_retry !== null && { "stripe-should-retry": String(plan.should_retry) }),
    });
  }

  /** The effect and the key's result are one transaction: after a crash there are both or neither. */
  #execute(execution: Execution, plan: FaultPlan): Finished {
    const { claim, request_id } = execution;
    const cause: Cause = { request_id, idempotency_key: claim?.id ?? null };
    return this.#parts.store.transact(cause, (transaction) => {
      const outcome = this.#outcome(transaction, execution, plan);
      if (claim !== null && outcome.stored !== null) {
        transaction.remember({ ...claim, created: transaction.now_s, request_id }, outcome.stored);
      }
      return outcome.finished;
    });
  }

  #outcome(transaction: Transaction, { match, params, request_id }: Execution, plan: FaultPlan): Outcome {
    const { context } = this.#parts;
    const failed = (failure: StripeFailure): Outcome => {
      const finished = finishFailure(failure, request_id, context);
      return { finished, stored: failure.executed ? finished : null };
    };
    if (plan.effect === "error_before") return failed(serverError(plan.status));
    let real: Outcome;
    try {
      const reply = match.route.run(transaction, { params, id: match.id });
      const finished = finishReply(reply, context);
      real = { finished, stored: storable(reply, finished) };
    } catch (error) {
      real = failed(failureOf(error));
    }
    if (plan.effect !== "error_after") return real;
    // What the edge answers in the place of the API is not what is stored: there the real result waits.
    const fault = failed(serverError(plan.status));
    return { finished: fault.finished, stored: fault.stored ?? real.stored };
  }

  #cut({ hold_ms }: FaultPlan): Answer {
    return { kind: "cut", after_ms: hold_ms, hold: (reset) => this.#parts.faults.hold(reset) };
  }

  #reply({ status, body }: Finished, request_id: string, headers: Readonly<Record<string, string>> = {}): Answer {
    this.#parts.stats.noteStatus(status);
    return {
      kind: "reply",
      status,
      body,
      headers: {
        "content-type": "application/json",
        "request-id": request_id,
        "stripe-version": API_VERSION,
        ...adviceFor(status, "idempotency-key" in headers),
        ...headers,
      },
    };
  }
}

/** Stripe takes idempotency keys with POST only. */
function claimOf(request: HttpRequest, params: FormObject): KeyClaim | null {
  const id = request.headers["idempotency-key"];
  if (request.method !== "POST" || id === undefined || id === "") return null;
  return { id, path: request.path, fingerprint: fingerprintOf(params) };
}

/** What Stripe's own SDKs read to decide on a retry; a 500 is stored under its key, so repeating it with that is in vain. */
function adviceFor(status: number, keyed: boolean): Readonly<Record<string, string>> {
  if (status === 429) return { "stripe-rate-limited-reason": "global-rate" };
  if (status === 500 && keyed) return { "stripe-should-retry": "false" };
  if (status === 409 || status > 500) return { "stripe-should-retry": "true" };
  return {};
}

function failureOf(error: unknown): StripeFailure {
  if (error instanceof StripeFailure) return error;
  if (error instanceof TableFull)
    return new StripeFailure(500, { type: "api_error", message: error.message }, { executed: false });
  console.error("stripe stand-in: a defect of the stand-in itself:", error);
  return serverError(500);
}
