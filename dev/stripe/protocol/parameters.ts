import { z } from "zod";
import { invalid } from "./errors.ts";
import type { FormObject } from "./form.ts";

/** Stripe's own limits on metadata. */
const METADATA_KEYS_MAX = 50;
const METADATA_KEY_CHARACTERS_MAX = 40;
const METADATA_VALUE_CHARACTERS_MAX = 500;
const TEXT_CHARACTERS_MAX = 5_000;
const LIST_LIMIT_MAX = 100;
const LIST_LIMIT_DEFAULT = 10;
const EXPANSIONS_MAX = 20;

export const text = z.string().min(1).max(TEXT_CHARACTERS_MAX);
export const identifier = z.string().min(1).max(255);
export const flag = z.enum(["true", "false"]).transform((value) => value === "true");
export const integer = z
  .string()
  .regex(/^-?\d{1,15}$/, { message: "integer" })
  .transform(Number);

/** An empty string unsets: the whole of the metadata, or one key of it. */
export const metadata = z.union([
  z.literal(""),
  z
    .record(z.string().max(METADATA_KEY_CHARACTERS_MAX), z.string().max(METADATA_VALUE_CHARACTERS_MAX))
    .refine((entries) => Object.keys(entries).length <= METADATA_KEYS_MAX),
]);
export type MetadataParameter = z.infer<typeof metadata>;

export const expand = z.array(z.string().max(200)).max(EXPANSIONS_MAX).optional();

/** An empty string unsets. */
export function unsettable<Schema extends z.ZodType>(schema: Schema) {
  return z.union([z.literal("").transform(() => null), schema]).optional();
}

/** What was given, `null` included; what it was before when nothing was. */
export function given<Value>(change: Value | undefined, before: Value): Value {
  return change === undefined ? before : change;
}

/** What the stand-in takes without looking at it: real parameters of Stripe that change nothing here. */
export const ignored = z.unknown().optional();

const createdWindow = z.union([
  integer.transform((at) => ({ gte: at, lte: at, gt: undefined, lt: undefined })),
  z.strictObject({ gt: integer.optional(), gte: integer.optional(), lt: integer.optional(), lte: integer.optional() }),
]);

export const listing = {
  limit: integer.pipe(z.number().min(1).max(LIST_LIMIT_MAX)).default(LIST_LIMIT_DEFAULT),
  starting_after: identifier.optional(),
  ending_before: identifier.optional(),
  created: createdWindow.optional(),
  expand,
};

/** Puts `change` over `current` as Stripe does: keys are merged, an empty value removes its key. */
export function mergeMetadata(
  current: Readonly<Record<string, string>>,
  change: MetadataParameter | undefined,
): Readonly<Record<string, string>> {
  if (change === undefined) return current;
  if (change === "") return {};
  const merged = { ...current, ...change };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ""));
}

/** Checks parameters against their schema, and names the first that is wrong the way Stripe does. */
export function parseParameters<Schema extends z.ZodType>(schema: Schema, parameters: FormObject): z.output<Schema> {
  const result = schema.safeParse(parameters);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (issue === undefined) throw invalid("The parameters are not valid.");
  const param = bracketed(issue.path);
  if (issue.code === "unrecognized_keys") {
    const unknown = bracketed([...issue.path, ...issue.keys.slice(0, 1)]);
    throw invalid(`Received unknown parameter: ${unknown}`, { code: "parameter_unknown", param: unknown });
  }
  if (valueAt(parameters, issue.path) === undefined) {
    throw invalid(`Missing required param: ${param}.`, { code: "parameter_missing", param });
  }
  if (issue.message === "integer") {
    throw invalid(`Invalid integer: ${String(valueAt(parameters, issue.path)).slice(0, 100)}`, {
      code: "parameter_invalid_integer",
      param,
    });
  }
  throw invalid(`Invalid ${param}: ${issue.message}`, { param });
}

function bracketed(path: readonly PropertyKey[]): string {
  return path.map((part, depth) => (depth === 0 ? String(part) : `[${String(part)}]`)).join("");
}

function valueAt(parameters: FormObject, path: readonly PropertyKey[]): unknown {
  let value: unknown = parameters;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}
