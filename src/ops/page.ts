import { decodeBase64Url, encodeBase64Url } from "hono/utils/encode";
import * as z from "zod";
import { LIMITS } from "../domain/limits.ts";
import { fieldErrors, type FieldError, validationProblem } from "../platform/http.ts";
import { extraOf, type OpsContext } from "./context.ts";

/** A key may hold a text of 64 characters as a browser sent it, each of them six in JSON at worst. */
const CURSOR_CHARS = 1_024;
const limitRange = `must be a whole number from 1 to ${LIMITS.pageMax}`;
const limitSchema = z.coerce.number(limitRange).int().min(1, limitRange).max(LIMITS.pageMax, limitRange);

export interface Page<Key> {
  readonly limit: number;
  /** The key of the last row of the page before. */
  readonly after: Key | undefined;
}

/** `limit` and `cursor` of a list, or the answer that says what is wrong with them. The cursor is the last key, opaque to the caller. */
export function pageOf<S extends z.ZodType>(c: OpsContext, keySchema: S): Page<z.output<S>> | Response {
  const limit = limitSchema.default(LIMITS.pageDefault).safeParse(c.req.query("limit"));
  const cursor = c.req.query("cursor");
  const after = cursor === undefined ? undefined : decode(cursor, keySchema);
  const errors: FieldError[] = [];
  if (!limit.success) errors.push(...fieldErrors(limit.error).map(({ detail }) => ({ parameter: "limit", detail })));
  if (after && !after.success) errors.push({ parameter: "cursor", detail: "must be a next_cursor of this list" });
  if (!limit.success || (after && !after.success)) return validationProblem(errors, extraOf(c));
  return { limit: limit.data, after: after?.data };
}

/** Read one row more than `limit`, so that the last page does not promise another. */
export function paged<Row, Item>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => unknown,
  itemOf: (row: Row) => Item,
): { data: Item[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { data: shown.map(itemOf), next_cursor: more ? cursorOf(keyOf(last)) : null };
}

export const cursorOf = (key: unknown): string => encodeBase64Url(new TextEncoder().encode(JSON.stringify(key)).buffer);

function decode<S extends z.ZodType>(cursor: string, schema: S): z.ZodSafeParseResult<z.output<S>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(decodeBase64Url(cursor.slice(0, CURSOR_CHARS))));
  } catch {
    value = undefined;
  }
  return schema.safeParse(value);
}
