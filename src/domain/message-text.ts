/**
 * Messages as text. JSON, but for typed arrays, which JSON would turn into objects with a key per element: a column becomes
 * `{ "$column": "Uint32Array", "base64": "..." }`, little-endian as in memory, and an array of the same kind and length when it is read again. So a batch
 * of events survives wherever messages are stored as text: in an outbox, among the dead letters.
 */
const COLUMNS = { Uint8Array, Uint16Array, Uint32Array, Float64Array } as const;
type ColumnName = keyof typeof COLUMNS;

const isColumnName = (name: unknown): name is ColumnName => typeof name === "string" && Object.hasOwn(COLUMNS, name);

/** Whether a message has columns: a queue takes those as `v8` and not as JSON. */
export const hasColumns = (message: object): boolean =>
  Object.values(message).some((value) => ArrayBuffer.isView(value));

/** `undefined` for what has no JSON at all. */
export function textOf(message: unknown): string | undefined {
  return JSON.stringify(message, (_key, value: unknown) => portable(value));
}

/** Throws, like `JSON.parse`, on what is no JSON. What only looks like a column stays as it is. */
export function messageOf(text: string): unknown {
  // Most have none, and a call for each value of a message is most of what reading it costs.
  if (!text.includes('"$column"')) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown) => columnOf(value) ?? value);
}

/** A message with its columns in their textual form, for whoever writes the JSON himself. */
export const portableMessage = (message: object): object =>
  Object.fromEntries(Object.entries(message).map(([key, value]) => [key, portable(value)]));

function portable(value: unknown): unknown {
  if (!ArrayBuffer.isView(value)) return value;
  const name = value.constructor.name;
  if (!isColumnName(name)) return value;
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return { $column: name, base64: btoa(binary) };
}

function columnOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("$column" in value) || !("base64" in value)) return undefined;
  const { $column: name, base64 } = value;
  if (!isColumnName(name) || typeof base64 !== "string") return undefined;
  try {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    return new COLUMNS[name](bytes.buffer);
  } catch {
    return undefined;
  }
}
