import { Hono } from "hono";
import * as z from "zod";
import { makeId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { sha256Hex } from "../../platform/digest.ts";
import { hex } from "../../platform/hex.ts";
import { bodyProblem, readJson } from "../../platform/http.ts";
import { problemResponse } from "../../platform/problem.ts";
import { extraOf, type OpsBindings, problem } from "../context.ts";
import { paged, pageOf } from "../page.ts";
import { countWriteKeys, deleteWriteKey, insertWriteKey, listWriteKeys, writeKeyView } from "../write-keys.ts";

export const writeKeyRoutes = new Hono<OpsBindings>();

const KEY_BYTES = 20;

const origin = z
  .string()
  .max(LIMITS.urlChars)
  .refine((text) => text === "*" || isOrigin(text), 'must be "*" or an origin such as https://shop.example');

/** As browsers send it: scheme, host and port, nothing after it. */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

const newWriteKeySchema = z.strictObject({
  name: z.string().trim().min(1).max(LIMITS.nameChars),
  kind: z.enum(["public", "secret"]),
  source: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_.-]{0,63}$/, "must be 1 to 64 lower-case letters, digits, '.', '_' and '-'")
    .optional(),
  origins: z.array(origin).min(1).max(LIMITS.originsPerKey).default(["*"]),
  limited: z.boolean().default(true),
});

const positionSchema = z.tuple([z.int(), z.string().max(64)]);

writeKeyRoutes.get("/", async (c) => {
  const page = pageOf(c, positionSchema);
  if (page instanceof Response) return page;
  return c.json(paged(await listWriteKeys(c.env.DB, page), page.limit, (key) => [key.createdAt, key.id], writeKeyView));
});

/** Of a secret key this answer is the only place where it ever appears; what is stored cannot be turned back into it. */
writeKeyRoutes.post("/", async (c) => {
  const body = await readJson(c.req.raw, newWriteKeySchema);
  if (!body.ok) return bodyProblem(body, extraOf(c));
  const limit = LIMITS.writeKeys;
  if ((await countWriteKeys(c.env.DB)) >= limit) {
    const detail = `There may be at most ${limit} write keys that are not deleted.`;
    return problemResponse(409, "too_many_write_keys", "Too many write keys", detail, { ...extraOf(c), limit });
  }
  const now = Date.now();
  const { name, kind, origins, limited } = body.value;
  const id = makeId("wk", now, crypto.getRandomValues(new Uint8Array(16)));
  const text = `wk_${kind === "public" ? "pub" : "sec"}_${hex(crypto.getRandomValues(new Uint8Array(KEY_BYTES)))}`;
  const row = { id, kind, name, source: body.value.source ?? id, origins: [...new Set(origins)], limited };
  const key = { ...row, key: kind === "public" ? text : null, createdBy: c.get("actor").id, createdAt: now };
  await insertWriteKey(c.env.DB, { ...key, hash: await sha256Hex(text) });
  c.set("created", `write-keys/${id}`);
  c.header("location", `/admin/v1/write-keys/${id}`);
  return c.json({ ...writeKeyView({ ...key, deletedAt: null, deletedBy: null }), key: text }, 201);
});

/** Within seconds no isolate takes it any more (`KEY_STALE_MS` of ingest). */
writeKeyRoutes.delete("/:id", async (c) => {
  const existed = await deleteWriteKey(c.env.DB, c.req.param("id"), c.get("actor").id, Date.now());
  if (existed) return c.body(null, 204);
  return problem(c, 404, "unknown_write_key", "Unknown write key", "There is no write key with this id.");
});
