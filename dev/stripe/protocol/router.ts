import type { Resource } from "../state/rows.ts";
import type { Transaction } from "../state/store.ts";
import type { FormObject } from "./form.ts";
import type { Listed } from "./rendering.ts";

export type Call = {
  readonly params: FormObject;
  /** The object's id in the path, empty where the path has none. */
  readonly id: string;
};

/** What a handler answers: something to render, which also is what an idempotency key can keep small. */
export type Reply =
  | { readonly kind: "object"; readonly object: Listed; readonly expand?: readonly string[] | undefined }
  | {
      readonly kind: "list";
      readonly url: string;
      readonly objects: readonly Listed[];
      readonly has_more: boolean;
      readonly expand?: readonly string[] | undefined;
    }
  | { readonly kind: "body"; readonly body: Readonly<Record<string, unknown>> };

export type Handler = (transaction: Transaction, call: Call) => Reply;
export type Route = { readonly method: "GET" | "POST" | "DELETE"; readonly pattern: string; readonly run: Handler };

export type RouteMatch = { readonly route: Route; readonly id: string };

const ID_CHARACTERS_MAX = 255;

export function resourceReply(resource: Resource, expand?: readonly string[]): Reply {
  return { kind: "object", object: resource, expand };
}

/** Patterns hold at most one `{id}`, and the tables are short: a walk over the segments is all that is needed. */
export function matchRoute(routes: readonly Route[], method: string, path: string): RouteMatch | null {
  const segments = path.split("/");
  for (const route of routes) {
    if (route.method !== method) continue;
    const id = matchPattern(route.pattern, segments);
    if (id !== null) return { route, id };
  }
  return null;
}

function matchPattern(pattern: string, segments: readonly string[]): string | null {
  const expected = pattern.split("/");
  if (expected.length !== segments.length) return null;
  let id = "";
  for (const [index, part] of expected.entries()) {
    const segment = segments[index] ?? "";
    if (part === "{id}") id = segment;
    else if (part !== segment) return null;
  }
  return id.length <= ID_CHARACTERS_MAX ? id : null;
}
