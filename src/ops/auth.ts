import { createMiddleware } from "hono/factory";
import { problemResponse } from "../platform/problem.ts";
import { extraOf, type OpsBindings } from "./context.ts";

const digest = (text: string): Promise<ArrayBuffer> => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));

/** Digests have one length, so comparing them takes the same time whatever was sent: nothing leaks, not even the key's length. */
async function isSame(given: string, expected: string): Promise<boolean> {
  const [a, b] = await Promise.all([digest(given), digest(expected)]);
  return crypto.subtle.timingSafeEqual(a, b);
}

/** `Authorization: Bearer <ADMIN_KEY>` (RFC 6750). Without a configured key nobody is let in. */
export const requireAdmin = createMiddleware<OpsBindings>(async function requireAdmin(c, next) {
  const [, given = ""] = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "") ?? [];
  if (c.env.ADMIN_KEY && (await isSame(given, c.env.ADMIN_KEY))) return next();
  const detail = "The admin API wants the header `Authorization: Bearer <key>` with this shop's admin key.";
  const headers = { "www-authenticate": 'Bearer realm="breakwater admin"' };
  return problemResponse(401, "unauthorized", "Unauthorized", detail, extraOf(c), headers);
});
