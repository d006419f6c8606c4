import { z } from "zod";
import type { Api } from "../protocol/api.ts";
import { StripeFailure, invalid, refusal } from "../protocol/errors.ts";
import type { Answer, HttpRequest } from "../protocol/http.ts";
import { json } from "../protocol/http.ts";
import type { RateLimiter } from "../protocol/rate-limit.ts";
import type { RenderingContext } from "../protocol/rendering.ts";
import { matchRoute } from "../protocol/router.ts";
import { WORLD_ROUTES } from "../protocol/routes.ts";
import type { Store } from "../state/store.ts";
import type { Deliveries } from "../webhooks/deliveries.ts";
import { emitEvent, eventSchema, redeliver, roll, rollSchema } from "./event-control.ts";
import type { Faults } from "./faults.ts";
import { faultsSchema } from "./faults.ts";
import { formOf, parseControl, readBody } from "./input.ts";
import type { Stats } from "./stats.ts";

const LOG_LIMIT_MAX = 10_000;

export type ControlParts = {
  readonly api: Api;
  readonly store: Store;
  readonly limiter: RateLimiter;
  readonly faults: Faults;
  readonly stats: Stats;
  readonly deliveries: Deliveries;
  readonly context: RenderingContext;
};

const rate = z.number().min(1).max(1_000_000).nullable();
const limitsSchema = z.strictObject({ writes_per_s: rate, reads_per_s: rate });

const logSchema = z.strictObject({
  event: z.string().max(255).optional(),
  type: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(LOG_LIMIT_MAX).default(100),
});

/** The path by which tests and people steer the stand-in. It knows no credentials: the port is for local use. */
export function answerControl(request: HttpRequest, parts: ControlParts): Answer {
  try {
    return dispatch(request, parts);
  } catch (error) {
    if (!(error instanceof StripeFailure)) throw error;
    return json(error.status, { error: error.fields });
  }
}

function dispatch(request: HttpRequest, parts: ControlParts): Answer {
  const { store, stats, limiter, deliveries } = parts;
  const match = matchRoute(WORLD_ROUTES, request.method, request.path);
  if (match !== null) return parts.api.perform(match, formOf(readBody(request)));
  const [, , area = "", id = "", verb = ""] = request.path.split("/");
  switch (`${request.method} ${[area, id && "{id}", verb].filter(Boolean).join("/")}`) {
    case "GET stats":
      return json(200, stats.describe(store.tables));
    case "GET deliveries":
      return deliveryLog(request, deliveries);
    case "GET rate-limit":
      return json(200, limiter.limits);
    case "POST rate-limit":
      limiter.set(parseControl(limitsSchema, readBody(request)));
      return json(200, limiter.limits);
    case "GET faults":
    case "POST faults":
    case "DELETE faults":
      return answerFaults(request, parts);
    case "POST events":
      return json(200, emitEvent(parts, parseControl(eventSchema, readBody(request))));
    case "POST events/{id}/redeliver":
      return json(200, redeliver(parts, id));
    case "POST webhook_endpoints/{id}/roll":
      return json(200, roll(parts, id, parseControl(rollSchema, readBody(request))));
    case "POST reset":
      return reset(parts);
    default:
      throw refusal(404, `There is no ${request.method} ${request.path.slice(0, 200)} on the control path.`);
  }
}

/** A list of rules is short for `{ "rules": [...] }`. */
function answerFaults(request: HttpRequest, { faults, deliveries }: ControlParts): Answer {
  if (request.method === "DELETE") faults.clear();
  if (request.method === "POST") {
    const body = readBody(request);
    faults.change(parseControl(faultsSchema, Array.isArray(body) ? { rules: body } : body));
  }
  if (request.method !== "GET") deliveries.pump();
  return json(200, faults.describe());
}

function deliveryLog(request: HttpRequest, deliveries: Deliveries): Answer {
  const query = parseControl(logSchema, Object.fromEntries(new URLSearchParams(request.query)));
  const entries = deliveries.log.newest(
    query.limit,
    (entry) =>
      (query.event === undefined || entry.event === query.event) &&
      (query.type === undefined || entry.type === query.type),
  );
  return json(200, { data: entries });
}

function reset({ store, stats, faults, deliveries }: ControlParts): Answer {
  store.reset();
  stats.reset();
  faults.clear();
  deliveries.forget();
  return json(200, { reset: true });
}

export function unknownPath(request: HttpRequest): Answer {
  const failure = invalid(`There is nothing at ${request.path.slice(0, 200)}: try /v1, /_control or /healthz.`);
  return json(404, { error: failure.fields });
}
