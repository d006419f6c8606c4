import type { EventBatch } from "../../domain/events/columns.ts";
import { takeIn } from "../../domain/events/intake.ts";
import { oversized } from "../../domain/events/size.ts";
import { makeId } from "../../domain/ids.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { clientOf } from "../../platform/client.ts";
import { canWait } from "../../domain/pipeline/shedding.ts";
import { requestIdOf } from "../../platform/http.ts";
import { log } from "../../platform/log.ts";
import { meter } from "../../platform/meter.ts";
import type { PipelineLink } from "../../platform/pipeline-link.ts";
import { type CoordinatorEnv, coordinatorOf, pipeline } from "../pipeline.ts";
import { accepted, json, preflight, type Refused, refused } from "./answers.ts";
import { readBody, type ReadBody } from "./body.ts";
import { keyInBody, keyInHeader, keyInQuery } from "./credentials.ts";
import { type Envelope, envelopeOf } from "./envelope.ts";
import { JoinedSends } from "./joined-sends.ts";
import { isWithinLimit, mayLookUpKey, unitsOf } from "./limits.ts";
import type { TrackingRoute } from "./routes.ts";
import { type EventsQueue, sendParcel } from "./send.ts";
import { sdkSettings } from "./settings.ts";
import { IngestWatch } from "./watch.ts";
import { allowsOrigin, type WriteKey, WriteKeys } from "./write-keys.ts";

/** The bindings of ingest; the queue only has to take messages. */
export type IngestEnv = Pick<
  AnalyticsEnv,
  "DB" | "CLIENT_RATE_LIMIT" | "TRACKING_CLIENT_LIMIT" | "TRACKING_KEY_LIMIT" | "INGEST_POINTS" | "CURRENCY"
> &
  CoordinatorEnv & { readonly EVENTS_QUEUE: EventsQueue };

/** A request to the tracking API, and what is known of it before its key. */
interface Call {
  readonly request: Request;
  readonly url: URL;
  readonly route: TrackingRoute;
  readonly env: IngestEnv;
  readonly ctx: Pick<ExecutionContext, "waitUntil">;
  readonly requestId: string;
  /** UTC ms. */
  readonly receivedAt: number;
}

/** Whose request it is as long as no key says so. */
const NOBODY = "unknown";

const LIMITED: Refused = {
  reason: "rate_limited",
  detail: "This client sent too many events, or too many different keys; wait before sending again.",
};

const SHED: Refused = {
  reason: "overloaded",
  detail: "Views are not taken in for the moment, so that carts and orders are; send them again.",
};

/** The tracking API. Its memories are an isolate's own, and hold nothing that was answered with yes. */
export class Ingest {
  readonly #keys = new WriteKeys();
  readonly #watch = new IngestWatch();
  readonly #sends: JoinedSends;
  readonly #link: PipelineLink;

  constructor(link: PipelineLink = pipeline) {
    this.#link = link;
    this.#sends = new JoinedSends(async (queue, parcel) => {
      const startedAt = Date.now();
      const sent = await sendParcel(queue, parcel);
      const tally = link.tally("ingest");
      if (sent.ok) tally.done(Date.now() - startedAt);
      else tally.failed(Date.now() - startedAt, sent.reason);
      return sent;
    });
  }

  async fetch(
    request: Request,
    env: IngestEnv,
    ctx: Call["ctx"],
    { url, route }: Pick<Call, "url" | "route">,
  ): Promise<Response> {
    if (request.method === "OPTIONS") return preflight();
    const call = { request, url, route, env, ctx, requestId: requestIdOf(request.headers), receivedAt: Date.now() };
    const answer = await this.#answer(call);
    this.#watch.tell(call.receivedAt, env.INGEST_POINTS);
    // Beside the answer: nobody's events wait for the coordinator.
    if (this.#link.isDue) ctx.waitUntil(this.#link.tell(coordinatorOf(env)));
    else if (this.#link.takeRenewal()) ctx.waitUntil(this.#link.renew(coordinatorOf(env)));
    return answer;
  }

  async #answer(call: Call): Promise<Response> {
    const { request, route, url, requestId } = call;
    const method = route.kind === "settings" ? "GET" : "POST";
    if (request.method !== method) {
      return this.#refuse(call, NOBODY, { reason: "method_not_allowed", detail: `${url.pathname} takes ${method}.` });
    }
    switch (route.kind) {
      case "metrics":
        return json(requestId, { success: true });
      case "settings": {
        const key = await this.#keyOf(call, route.writeKey);
        return key.ok ? json(requestId, sdkSettings(url, route.writeKey)) : this.#refuse(call, NOBODY, key);
      }
      case "batch":
      case "single":
      case "measurement":
        return this.#takeEvents(call);
    }
  }

  /** The key comes first where a header has it, so that who may not send makes no work. */
  async #takeEvents(call: Call): Promise<Response> {
    const { request, route, url, env } = call;
    const early = route.kind === "measurement" ? keyInQuery(url) : keyInHeader(request.headers);
    let key = early === "" ? undefined : await this.#admit(call, early);
    if (key && !key.ok) return this.#refuse(call, NOBODY, key);
    const body = await readBody(request);
    if (!body.ok) return this.#refuse(call, key?.value.id ?? NOBODY, body);
    key ??= await this.#admit(call, keyInBody(body.value.json));
    if (!key.ok) return this.#refuse(call, NOBODY, key);
    const envelope = envelopeOf(route, body.value.json);
    if (!envelope.ok) return this.#refuse(call, key.value.id, envelope);
    const units = unitsOf(envelope.value.events.length);
    const isWithin = await isWithinLimit(env, key.value, clientOf(request.headers), units);
    if (!isWithin) return this.#refuse(call, key.value.id, LIMITED);
    return this.#take(call, key.value, envelope.value, body.value);
  }

  /** The answer says yes only once the queue has taken everything: what is in an isolate's memory is lost with it (pitfall 20). */
  async #take(call: Call, key: WriteKey, { events, sentAt }: Envelope, { text }: ReadBody): Promise<Response> {
    const { request, route, env, ctx, requestId, receivedAt } = call;
    const delivery = {
      events,
      oversized: oversized(text, events),
      type: route.kind === "single" ? route.type : undefined,
      sentAt,
      receivedAt,
      requestId,
      foreignOrigin: !allowsOrigin(key, request.headers.get("origin")),
      reporter: key.kind === "secret" ? key.source : undefined,
      currency: env.CURRENCY,
    };
    const { rows, reports, rejects } = takeIn(delivery, randomWord);
    const id = makeId("evt", receivedAt, crypto.getRandomValues(new Uint8Array(16)));
    const batches = rows.batches({ id, requestId, receivedAt, source: key.id });
    if (this.#isShed(batches, reports.length)) return this.#refuse(call, key.id, SHED);
    const sending = this.#sends.send(env.EVENTS_QUEUE, { batches, reports });
    // It may send for others as well: a client that hangs up must not take them along.
    ctx.waitUntil(sending);
    const sent = await sending;
    if (!sent.ok) return this.#refuse(call, key.id, sent);
    meter.add("done.event", events.length);
    this.#watch.accepted(receivedAt, key.id, events.length, rejects, requestId);
    return accepted(requestId, rejects);
  }

  /** While the queue refuses messages. What can wait is told so; nothing that was answered with yes is dropped. */
  #isShed(batches: readonly EventBatch[], orders: number): boolean {
    return canWait(batches, orders) && this.#link.route("ingest") !== "primary";
  }

  /** The key, if it is one and within its limit. */
  async #admit(call: Call, text: string): Promise<Result<WriteKey, Refused>> {
    const key = await this.#keyOf(call, text);
    if (!key.ok || (await isWithinLimit(call.env, key.value, clientOf(call.request.headers), 1))) return key;
    return refuse(LIMITED);
  }

  async #keyOf({ request, env, receivedAt }: Call, text: string): Promise<Result<WriteKey, Refused>> {
    const mayAsk =
      this.#keys.recall(text, receivedAt) !== undefined || (await mayLookUpKey(env, clientOf(request.headers)));
    if (!mayAsk) return refuse(LIMITED);
    try {
      const key = await this.#keys.find(env.DB, text, receivedAt);
      if (key) return ok(key);
    } catch (error) {
      log("error", "write_key_unread", { error: String(error) });
      return refuse({
        reason: "dependency_unavailable",
        detail: "Write keys cannot be read now; send the events again.",
      });
    }
    const what = text === "" ? "The request has no write key." : "There is no such write key.";
    const where =
      "It goes into `Authorization: Basic` (`<writeKey>:`), `Authorization: Bearer`, or `writeKey` of the body.";
    return refuse({ reason: "unknown_write_key", detail: `${what} ${where}` });
  }

  #refuse({ url, requestId, receivedAt }: Call, source: string, why: Refused): Response {
    this.#watch.refused(receivedAt, source, why.reason, why.detail, requestId);
    return refused(why, url.pathname, requestId);
  }
}

const randomWord = (): number => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
