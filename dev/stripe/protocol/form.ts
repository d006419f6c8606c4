import { invalid } from "./errors.ts";

/** Decoded parameters: text, or nested by brackets. `a[]=1&a[]=2` and `a[0]=1&a[1]=2` are both lists. */
export type FormValue = string | FormValue[] | FormObject;
export type FormObject = { [name: string]: FormValue };

const PARAMETERS_MAX = 1_000;
const DEPTH_MAX = 6;
const KEY_PATTERN = /^([^[\]]+)((?:\[[^[\]]*\])*)$/;
const BRACKETS = /\[([^[\]]*)\]/g;
const INDEX = /^\d{1,4}$/;

type Node = { text: string } | { children: Map<string, Node> };

/**
 * Stripe's form encoding. Own code instead of `qs`, because these forty lines are all of it and the limits are
 * on sight. Nested names are gathered in Maps, so that `__proto__` is a name like any other.
 */
export function parseForm(text: string): FormObject {
  const root = new Map<string, Node>();
  let count = 0;
  for (const [key, value] of new URLSearchParams(text)) {
    count += 1;
    if (count > PARAMETERS_MAX) throw invalid(`More than ${PARAMETERS_MAX} parameters.`);
    place(root, pathOf(key), value);
  }
  return objectOf(root);
}

function pathOf(key: string): string[] {
  const parts = KEY_PATTERN.exec(key);
  if (parts === null) throw invalid(`Invalid parameter name: ${key.slice(0, 100)}`);
  const path = [parts[1] ?? ""];
  for (const [, name] of (parts[2] ?? "").matchAll(BRACKETS)) path.push(name ?? "");
  if (path.length > DEPTH_MAX) throw invalid(`Parameters are nested deeper than ${DEPTH_MAX}: ${key.slice(0, 100)}`);
  return path;
}

function place(root: Map<string, Node>, path: readonly string[], text: string): void {
  let names = root;
  for (const [depth, part] of path.entries()) {
    const name = part === "" ? String(names.size) : part;
    if (depth === path.length - 1) {
      names.set(name, { text });
      return;
    }
    const next = names.get(name);
    if (next !== undefined && "children" in next) {
      names = next.children;
      continue;
    }
    const children = new Map<string, Node>();
    names.set(name, { children });
    names = children;
  }
}

function objectOf(names: Map<string, Node>): FormObject {
  return Object.fromEntries([...names].map(([name, node]) => [name, valueOf(node)]));
}

function valueOf(node: Node): FormValue {
  if ("text" in node) return node.text;
  const names = [...node.children.keys()];
  if (names.every((name) => INDEX.test(name))) return [...node.children.values()].map(valueOf);
  return objectOf(node.children);
}
