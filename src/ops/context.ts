import type { Context } from "hono";
import * as z from "zod";
import { LIMITS } from "../domain/limits.ts";
import type { Money } from "../domain/money.ts";
import { fieldErrors, validationProblem } from "../platform/http.ts";
import { type ProblemExtra, problemResponse } from "../platform/problem.ts";

/** Who is asking: a key, without what makes it one, or a person or service that came through Cloudflare Access. `expiresAt` in UTC ms. */
export interface Actor {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly via: "key" | "access";
  readonly expiresAt: number | null;
}

export interface OpsBindings {
  Bindings: OpsEnv;
  Variables: {
    requestId: string;
    /** Set below /admin/v1 only. */
    actor: Actor;
    /** What a write brought into being, for the audit log; where the path names it, nobody has to say so. */
    created?: string;
  };
}
export type OpsContext = Context<OpsBindings>;

/** Who acts, for records of who did what: the id of the key, which the audit log and the list of keys have, too. */
export const actorOf = (c: OpsContext): string => c.get("actor").id;

/** What every problem of this request says of itself. */
export const extraOf = (c: OpsContext): ProblemExtra => ({ instance: c.req.path, request_id: c.get("requestId") });

export const problem = (c: OpsContext, status: number, code: string, title: string, detail: string): Response =>
  problemResponse(status, code, title, detail, extraOf(c));

export const money = (amount: number, currency: string): Money => ({ amount, currency });
export const time = (ms: number): string => new Date(ms).toISOString();

/** A SKU as it may appear in a path. Letters, digits and `.`, `_`, `-`, so that it never needs quoting anywhere. */
export const skuSchema = z
  .string()
  .max(LIMITS.skuChars)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be letters, digits, '.', '_' and '-', beginning with a letter or digit");

/** The value, or the answer that says which parameter is wrong and why. */
export function parameter<S extends z.ZodType>(
  c: OpsContext,
  name: string,
  value: string | undefined,
  schema: S,
): { readonly value: z.output<S> } | Response {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data };
  const errors = fieldErrors(parsed.error).map(({ detail }) => ({ parameter: name, detail }));
  return validationProblem(errors, extraOf(c));
}
