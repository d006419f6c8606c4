import { describeRoute, resolver } from "hono-openapi";
import type * as z from "zod";
import { type ProblemCode, PROBLEMS } from "./problem.ts";
import { acceptedSchema, problemSchema } from "./schemas.ts";

const PROBLEM_CONTENT = { "application/problem+json": { schema: resolver(problemSchema) } };
/** What any path may answer. */
const ANYWHERE: readonly ProblemCode[] = ["rate_limited", "dependency_unavailable", "internal_error"];

interface HeaderDoc {
  readonly description: string;
  readonly required?: boolean;
  /** What its values may be answered with. */
  readonly problems?: readonly ProblemCode[];
}

export interface RouteDoc {
  readonly summary: string;
  readonly description?: string;
  readonly tag: "Products" | "Carts" | "Orders" | "Tracking";
  /** Of a body that is not validated here; a validated one documents itself. */
  readonly body?: z.ZodType;
  /** Without a schema it has no body. */
  readonly answers: Readonly<Record<number, { readonly description: string; readonly schema?: z.ZodType }>>;
  /** Beside those of its headers, and those of any path. */
  readonly problems: readonly ProblemCode[];
  readonly headers?: Readonly<Record<string, HeaderDoc>>;
}

/** Documents a route from the schemas it answers with and the codes of the problems it can have. */
export function documented({ summary, description, tag, body, answers, problems, headers = {} }: RouteDoc) {
  const ofHeaders = Object.values(headers).flatMap((header) => header.problems ?? []);
  const codes = new Set([...problems, ...ofHeaders, ...ANYWHERE]);
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status);
  const refused = [...byStatus].map(([status, ofStatus]) => [
    status,
    { description: ofStatus.map((code) => `\`${code}\` ${PROBLEMS[code].title}`).join("; "), content: PROBLEM_CONTENT },
  ]);
  const answered = Object.entries(answers).map(([status, answer]) => [
    status,
    {
      description: answer.description,
      ...(answer.schema && { content: { "application/json": { schema: resolver(answer.schema) } } }),
    },
  ]);
  const parameters = Object.entries(headers).map(([name, { description, required = false }]) => ({
    in: "header" as const,
    name,
    description,
    required,
    schema: { type: "string" as const },
  }));
  return describeRoute({
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    ...(body && { requestBody: { content: { "application/json": { schema: resolver(body) } } } }),
    parameters,
    responses: Object.fromEntries([...answered, ...refused]),
  });
}

export const IF_MATCH = {
  "If-Match": {
    description:
      'The cart\'s ETag, also as `W/"3"`, which networks that compress make of it; stale ones are answered 412',
    problems: ["invalid_header", "stale_version"],
  },
} as const;
export const IF_NONE_MATCH = { "If-None-Match": { description: "ETags that the caller has" } };
export const NOT_MODIFIED = { 304: { description: "It is what `If-None-Match` names" } };
export const IDEMPOTENCY_KEY = {
  "Idempotency-Key": {
    description:
      "Repeats with this key answer the same and do nothing again; kept 24 h. With or without quotes it is the same key",
    problems: ["idempotency_key_invalid", "idempotency_conflict", "idempotency_full"],
  },
} as const;
/** Of a body that is validated here. */
export const BODY_PROBLEMS = [
  "validation_failed",
  "malformed_json",
  "unsupported_media_type",
  "body_too_large",
] as const;
/** Of a write that a flag decides about; only a shop with a monolith behind it answers so. */
export const GUARDED = {
  202: {
    description:
      "In front of a monolith: taken in, and what became of it is not known yet. Send it again under its key after `Retry-After`; of a checkout `Location` is where the order will be",
    schema: acceptedSchema,
  },
};
export const GUARDED_PROBLEMS = ["stale_epoch", "legacy_unreachable", "legacy_timeout"] as const;
