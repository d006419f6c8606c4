import { createMiddleware } from "hono/factory";
import { resolver, uniqueSymbol } from "hono-openapi";
import type * as z from "zod";
import { LIMITS } from "../../domain/limits.ts";
import { bodyProblem, readJson } from "../../platform/http.ts";
import type { StorefrontContext } from "../context.ts";

/**
 * Validates the JSON body against `schema` and documents it with the same schema. Unlike the library's own validator it bounds what it
 * reads, reads once, and tells a wrong content type from malformed JSON from a bad field.
 */
export function jsonBody<S extends z.ZodType>(schema: S) {
  const validateJsonBody = createMiddleware<
    StorefrontContext,
    string,
    { in: { json: z.input<S> }; out: { json: z.output<S> } }
  >(async (c, next) => {
    const body = await readJson(c.req.raw, schema, LIMITS.bodyBytes);
    if (!body.ok) return bodyProblem(body, { instance: c.req.path, request_id: c.get("requestId") });
    // SAFETY: the parsed output of a JSON schema is an object; Hono keeps it as such.
    c.req.addValidatedData("json", body.value as object);
    await next();
    return undefined;
  });
  return Object.assign(validateJsonBody, { [uniqueSymbol]: { target: "json", ...resolver(schema) } });
}
