import { createMiddleware } from "hono/factory";
import { ok, refuse, type Result, unreachable } from "../../domain/result.ts";
import { inTime } from "../../platform/in-time.ts";
import { log } from "../../platform/log.ts";
import { problemResponse } from "../../platform/problem.ts";
import { type Actor, extraOf, type OpsBindings, type OpsContext, problem } from "../context.ts";
import { isKill } from "../kill.ts";
import { ACCESS_HEADER, accessActor, accessSettings } from "./cloudflare-access.ts";
import { keyCache } from "./key-cache.ts";
import { type ApiKey, findKey, keyStatus, touchKey } from "./keys.ts";
import { isOwnOrigin } from "./origin.ts";
import { grants, isRead, scopeFor } from "./scopes.ts";
import { isLiveSocket, offeredKey } from "./subprotocol.ts";
import { hashOf, isSame, tokenId } from "./token.ts";

const LAST_USED_COARSENESS_MS = 60 * 60 * 1_000;

/** The secret ADMIN_KEY: it makes the first keys, cannot be revoked by the API, and may do everything. */
const BOOTSTRAP: Actor = { id: "bootstrap", name: "ADMIN_KEY", scopes: ["*"], via: "key", expiresAt: null };

type Refused = {
  readonly reason: "unknown" | "revoked" | "expired" | "invalid" | "unavailable" | "keys_unread" | "other_site";
};

/** D1 has this long to give a key. */
const READ_MS = 3_000;

/**
 * `Authorization: Bearer <key>` (RFC 6750) names who is asking, or, in front of whom Cloudflare Access stands, the token that it adds. Who
 * may do what is decided after that.
 */
export const authenticate = createMiddleware<OpsBindings>(async function authenticate(c, next) {
  const actor = await actorOf(c);
  if (!actor.ok) return unauthorized(c, actor);
  c.set("actor", actor.value);
  return next();
});

/** The key must have the scope that scopes.ts asks for this route. */
export const authorize = createMiddleware<OpsBindings>(async function authorize(c, next) {
  const scope = scopeFor(c.req.method, c.req.path);
  if (grants(c.get("actor").scopes, scope)) return next();
  const detail = `This key does not have the scope \`${scope}\`.`;
  const headers = {
    "www-authenticate": `Bearer realm="breakwater admin", error="insufficient_scope", scope="${scope}"`,
  };
  return problemResponse(403, "missing_scope", "Missing scope", detail, { ...extraOf(c), scope }, headers);
});

async function actorOf(c: OpsContext): Promise<Result<Actor, Refused>> {
  const authorization = c.req.header("authorization");
  const [, given = offeredKey(c)] = /^Bearer +(\S+)$/i.exec(authorization ?? "") ?? [];
  const token = c.req.header(ACCESS_HEADER);
  const settings = accessSettings(c.env);
  const wantsAccess =
    given === undefined && authorization === undefined && token !== undefined && settings !== undefined;
  if (!wantsAccess) return keyActor(c, given ?? "");
  // A browser adds the person's cookie to requests that pages of other sites make, and Access turns it into the token.
  if (!isRead(c.req.method) && !isOwnOrigin(c)) return refuse({ reason: "other_site" });
  return accessActor(token, settings);
}

async function keyActor(c: OpsContext, given: string): Promise<Result<Actor, Refused>> {
  // Without a configured ADMIN_KEY there is no such actor: an empty one must not match an empty header.
  if (c.env.ADMIN_KEY && (await isSame(given, c.env.ADMIN_KEY))) return ok(BOOTSTRAP);
  const id = tokenId(given);
  const key = id === undefined ? undefined : await lookUp(c, id);
  if (key === "unread") return refuse({ reason: "keys_unread" });
  if (!key || !(await isSame(await hashOf(given), key.hash))) return refuse({ reason: "unknown" });
  const now = Date.now();
  const status = keyStatus(key, now);
  if (status !== "active") return refuse({ reason: status });
  noteUse(c, key, now);
  const { name, scopes, expiresAt } = key;
  return ok({ id: key.id, name, scopes, via: "key", expiresAt });
}

/**
 * A request is over at once and may be let in by a read of a moment ago, or of longer ago while D1 does not answer and it changes nothing. A socket stays, so a key that was revoked meanwhile
 * would go on watching: without a read it opens none, and the console polls.
 */
async function lookUp(c: OpsContext, id: string): Promise<ApiKey | "unread" | undefined> {
  const readAt = Date.now();
  const isSocket = isLiveSocket(c);
  const kept = isSocket ? undefined : keyCache.find(id, readAt);
  if (kept) return kept;
  try {
    const key = await inTime(findKey(c.env.DB, id), READ_MS, "the read of an API key");
    if (key) keyCache.keep(key, readAt);
    return key;
  } catch (error) {
    const isEnough = !isSocket && (isRead(c.req.method) || isKill(c.req.path));
    const lastKnown = isEnough ? keyCache.lastKnown(id, Date.now()) : undefined;
    log("warn", "api_key_unread", { key_id: id, remembered: lastKnown !== undefined, error: String(error) });
    return lastKnown ?? "unread";
  }
}

/** One write per key and hour, beside the request and never in its way. */
function noteUse(c: OpsContext, key: ApiKey, now: number): void {
  if (key.lastUsedAt !== null && now - key.lastUsedAt < LAST_USED_COARSENESS_MS) return;
  const noted = touchKey(c.env.DB, key.id, now, LAST_USED_COARSENESS_MS).catch((error: unknown) =>
    log("warn", "key_use_not_noted", { key_id: key.id, error: String(error) }),
  );
  c.executionCtx.waitUntil(noted);
}

/** Only who has the whole key is told what became of it; to anyone else all keys are unknown. */
function unauthorized(c: OpsContext, { reason }: Refused): Response {
  log("warn", "admin_unauthorized", { request_id: c.get("requestId"), path: c.req.path, reason });
  switch (reason) {
    case "unavailable":
      return problem(c, 503, "dependency_unavailable", "Unavailable", "The keys of Cloudflare Access cannot be read.");
    case "keys_unread":
      return problem(c, 503, "dependency_unavailable", "Unavailable", "API keys cannot be read. ADMIN_KEY needs none.");
    case "other_site":
      return problem(
        c,
        403,
        "origin_not_allowed",
        "Origin not allowed",
        "Pages of other sites may not change anything.",
      );
    case "invalid":
      return challenge(c, "The token of Cloudflare Access is not valid here.");
    case "unknown":
      return challenge(c, `${WANTED}.`);
    case "revoked":
    case "expired":
      return challenge(c, `${WANTED}; the one that was sent is ${reason}.`);
    default:
      return unreachable(reason);
  }
}

const WANTED = "The admin API wants the header `Authorization: Bearer <key>` with a key of this shop";

function challenge(c: OpsContext, detail: string): Response {
  const headers = { "www-authenticate": 'Bearer realm="breakwater admin"' };
  return problemResponse(401, "unauthorized", "Unauthorized", detail, extraOf(c), headers);
}
