/** What the log keeps of a request's body: enough to see what was asked, bounded, and without secrets. */
const SUMMARY_CHARS = 2_000;
const TEXT_CHARS = 200;
const ITEMS = 20;
const FIELDS = 40;
const DEPTH = 4;
const SECRET_FIELD = /secret|password|passwd|token|authorization|api_?key|private|credential/i;
/** Addresses that others gave us often carry a secret in their path or query (chat webhooks do), so only the host is kept. */
const ADDRESS_FIELD = /^(?:url|uri|callback|endpoint)$/i;

/** JSON text for the log. A body that is not JSON is only measured: nobody knows what is in it. */
export function summarize(body: string | undefined): string {
  if (body === undefined) return JSON.stringify({ note: "body too large" });
  if (body === "") return "{}";
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return JSON.stringify({ note: `not JSON, ${body.length} characters` });
  }
  const text = JSON.stringify(shorten(value, "", 0));
  return text.length <= SUMMARY_CHARS ? text : JSON.stringify({ note: "cut", start: text.slice(0, SUMMARY_CHARS / 2) });
}

function shorten(value: unknown, field: string, depth: number): unknown {
  if (SECRET_FIELD.test(field)) return "[secret]";
  if (typeof value === "string") return ADDRESS_FIELD.test(field) ? hostOf(value) : cut(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth === DEPTH) return "[deeper]";
  if (Array.isArray(value)) {
    const items = value.slice(0, ITEMS).map((item) => shorten(item, field, depth + 1));
    return value.length > ITEMS ? [...items, `[${value.length - ITEMS} more]`] : items;
  }
  const fields = Object.entries(value).slice(0, FIELDS);
  return Object.fromEntries(fields.map(([name, inner]) => [cut(name), shorten(inner, name, depth + 1)]));
}

const cut = (text: string): string => (text.length > TEXT_CHARS ? `${text.slice(0, TEXT_CHARS)}...` : text);

function hostOf(text: string): string {
  const url = URL.parse(text);
  return url ? `${url.protocol}//${url.host}/...` : "[not a URL]";
}
