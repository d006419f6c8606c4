import { describeRoute, resolver } from "hono-openapi";
import type * as z from "zod";
import { type ProblemCode, PROBLEMS } from "./problem.ts";
import { problemSchema } from "./schemas.ts";

const PROBLEM_CONTENT = { "application/problem+json": { schema: resolver(problemSchema) } };

export interface RouteDoc {
  readonly summary: string;
  readonly description?: string;
  readonly tag: "Products" | "Carts" | "Orders" | "Tracking";
  /** Of a body that is not validated here; a validated one documents itself. */
  readonly body?: z.ZodType;
  readonly answers: Readonly<Record<number, { readonly description: string; readonly schema: z.ZodType }>>;
  readonly problems: readonly ProblemCode[];
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly required?: boolean }>>;
}

/** Documents a route from the schemas it answers with and the codes of the problems it can have. */
export function documented({ summary, description, tag, body, answers, problems, headers = {} }: RouteDoc) {
  const byStatus = Map.groupBy(problems, (code) => PROBLEMS[code].status);
  const refused = [...byStatus].map(([status, codes]) => [
    status,
    { description: codes.map((code) => `\`${code}\` ${PROBLEMS[code].title}`).join("; "), content: PROBLEM_CONTENT },
  ]);
  const answered = Object.entries(answers).map(([status, answer]) => [
    status,
    { description: answer.description, content: { "application/json": { schema: resolver(answer.schema) } } },
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

export const IF_MATCH = { "If-Match": { description: "The cart's ETag, also as `W/\"3\"`, which networks that compress make of it; stale ones are answered 412" } };
export const IDEMPOTENCY_KEY = {
  "Idempotency-Key": { description: "Repeats with this key answer the same and do nothing again; kept 24 h" },
};
