import { isJson } from "./ecommerce.ts";

const EXCERPT_CHARS = 400;
const VALUE_CHARS = 60;
const KEYS_SHOWN = 20;
/** What tells an operator what is wrong, and is nobody's personal data. Of everything else only the type is shown. */
const SHOWN = new Set(
  "type event timestamp sentAt sku product_id item_id quantity currency total revenue value price".split(" "),
);
const OPENED = new Set(["properties", "products", "items"]);

/** A rejected event as it may be logged: its shape, with values only where they cannot be somebody's. Bounded, whatever was sent. */
export function excerptOf(event: unknown): string {
  return JSON.stringify(outlineOf(event, 0)).slice(0, EXCERPT_CHARS);
}

function outlineOf(value: unknown, depth: number): unknown {
  if (Array.isArray(value))
    return depth === 0 ? "array" : (value as unknown[]).slice(0, 1).map((one) => outlineOf(one, depth + 1));
  if (!isJson(value)) return nameOfType(value);
  const shown: Record<string, unknown> = {};
  let keys = 0;
  for (const [key, inner] of Object.entries(value)) {
    if (keys++ === KEYS_SHOWN) break;
    shown[key.slice(0, VALUE_CHARS)] = OPENED.has(key) && depth < 4 ? outlineOf(inner, depth + 1) : leafOf(key, inner);
  }
  return shown;
}

function leafOf(key: string, value: unknown): unknown {
  if (!SHOWN.has(key)) return nameOfType(value);
  return typeof value === "string"
    ? value.slice(0, VALUE_CHARS)
    : typeof value === "number"
      ? value
      : nameOfType(value);
}

function nameOfType(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value === "string" ? `string of ${value.length}` : typeof value;
}
