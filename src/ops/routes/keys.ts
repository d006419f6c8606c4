import { Hono } from "hono";
import * as z from "zod";
import { LIMITS } from "../../domain/limits.ts";
import { bodyProblem, readJson } from "../../platform/http.ts";
import { problemResponse } from "../../platform/problem.ts";
import { keyCache } from "../access/key-cache.ts";
import { countUsableKeys, insertKey, keyView, listKeys, revokeKey } from "../access/keys.ts";
import { dismissFromBoard } from "../analytics/board.ts";
import { grants, SCOPES } from "../access/scopes.ts";
import { hashOf, mintToken } from "../access/token.ts";
import { type Actor, extraOf, type OpsBindings, type OpsContext, problem, time } from "../context.ts";
import { paged, pageOf } from "../page.ts";

export const keyRoutes = new Hono<OpsBindings>();

const newKeySchema = z.strictObject({
  name: z.string().trim().min(1).max(LIMITS.nameChars),
  scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length),
  expires_at: z.iso
    .datetime({ offset: true, error: "must be an RFC 3339 time such as 2026-11-27T08:00:00Z" })
    .transform((value) => Date.parse(value))
    .refine((at) => at > Date.now(), "must be in the future")
    .optional(),
});
type NewKey = z.output<typeof newKeySchema>;

const positionSchema = z.tuple([z.int(), z.string().max(64)]);

keyRoutes.get("/", async (c) => {
  const page = pageOf(c, positionSchema);
  if (page instanceof Response) return page;
  const now = Date.now();
  const keys = await listKeys(c.env.DB, page);
  return c.json(
    paged(
      keys,
      page.limit,
      (key) => [key.createdAt, key.id],
      (key) => keyView(key, now),
    ),
  );
});

/** The answer is the only place where the key ever appears; what is stored cannot be turned back into it. */
keyRoutes.post("/", async (c) => {
  const body = await readJson(c.req.raw, newKeySchema);
  if (!body.ok) return bodyProblem(body, extraOf(c));
  const now = Date.now();
  const actor = c.get("actor");
  const refusal = beyondOwn(c, actor, body.value) ?? (await beyondLimit(c, now));
  if (refusal) return refusal;
  const { id, text } = mintToken();
  const { name, scopes, expires_at: expiresAt = null } = body.value;
  const row = { id, hash: await hashOf(text), name, scopes: [...new Set(scopes)], createdBy: actor.id };
  const key = await insertKey(c.env.DB, { ...row, createdAt: now, expiresAt });
  c.set("created", `keys/${id}`);
  c.header("location", `/admin/v1/keys/${id}`);
  return c.json({ ...keyView(key, now), key: text }, 201);
});

/** At once in this isolate and at the live board, within KEY_STALE_MS in all others. */
keyRoutes.post("/:id/revoke", async (c) => {
  const now = Date.now();
  const key = await revokeKey(c.env.DB, c.req.param("id"), c.get("actor").id, now);
  if (!key) return problem(c, 404, "unknown_key", "Unknown key", "There is no key with this id.");
  keyCache.forget(key.id, Date.now());
  dismissFromBoard(c, key.id);
  return c.json(keyView(key, now));
});

/** Nobody gives what they do not have: `keys:write` would otherwise be `*` for everyone who holds it, and an expiry could be shed. */
function beyondOwn(c: OpsContext, actor: Actor, { scopes, expires_at: expiresAt }: NewKey): Response | undefined {
  const missing = scopes.filter((scope) => !grants(actor.scopes, scope));
  const outlives = actor.expiresAt !== null && (expiresAt === undefined || expiresAt > actor.expiresAt);
  if (missing.length === 0 && !outlives) return undefined;
  const reasons = [
    ...(missing.length > 0 ? [`scopes that it does not have (${missing.join(", ")})`] : []),
    ...(outlives && actor.expiresAt !== null ? [`more time than it has (until ${time(actor.expiresAt)})`] : []),
  ];
  const detail = `A key cannot give ${reasons.join(" and ")}.`;
  return problemResponse(403, "exceeds_own_grant", "More than the key has itself", detail, { ...extraOf(c), missing });
}

async function beyondLimit(c: OpsContext, now: number): Promise<Response | undefined> {
  const limit = LIMITS.apiKeys;
  if ((await countUsableKeys(c.env.DB, now)) < limit) return undefined;
  const detail = `There may be at most ${limit} keys that are neither revoked nor expired.`;
  return problemResponse(409, "too_many_keys", "Too many keys", detail, { ...extraOf(c), limit });
}
