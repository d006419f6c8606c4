import type { z } from "zod";
import { invalid } from "../protocol/errors.ts";
import type { FormObject, FormValue } from "../protocol/form.ts";
import { parseForm } from "../protocol/form.ts";
import type { HttpRequest } from "../protocol/http.ts";

/** The control path takes JSON, and forms as well, so that `curl -d outcome=success` does. */
export function readBody(request: HttpRequest): unknown {
  if (request.body === "") return {};
  if (request.headers["content-type"]?.includes("json") !== true) return parseForm(request.body);
  try {
    return JSON.parse(request.body);
  } catch {
    throw invalid("The body is not valid JSON.");
  }
}

export function parseControl<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const param = issue?.path.map(String).join(".") ?? "";
  throw invalid(`Invalid ${param === "" ? "body" : param}: ${issue?.message ?? "not as expected"}`, { param });
}

/** JSON in the shape that handlers of the API know: text at every leaf. */
export function formOf(value: unknown): FormObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid("The body must be an object.");
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== null && part !== undefined)
      .map(([name, part]) => [name, formValue(part)]),
  );
}

function formValue(value: unknown): FormValue {
  if (Array.isArray(value)) return value.map(formValue);
  return typeof value === "object" && value !== null ? formOf(value) : String(value);
}
