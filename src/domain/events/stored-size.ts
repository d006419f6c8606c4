/** Tag, length and alignment of a string; a number as a double; tags and counts of an object or a list. */
const TEXT_BYTES = 8;
const NUMBER_BYTES = 10;
const LIST_BYTES = 14;

/**
 * What plain data takes in storage, at most. V8's structured clone writes text with one byte a character if all of it is Latin-1 and with two bytes a UTF-16
 * unit if not: neither its length nor its length in UTF-8. Columns are not plain data and count for themselves.
 */
export function storedBytes(value: unknown): number {
  if (typeof value === "string") return textBytes(value);
  if (typeof value === "number") return NUMBER_BYTES;
  if (typeof value !== "object" || value === null) return 1;
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + storedBytes(one), LIST_BYTES);
  return Object.entries(value).reduce((sum, [key, one]) => sum + textBytes(key) + storedBytes(one), LIST_BYTES);
}

const textBytes = (text: string): number => 2 * text.length + TEXT_BYTES;

/** What one call brings, in as many parts as it takes for each to stay below the limit: a record of storage may have 2 MB. One item is never divided. */
export function inParts<Item>(items: readonly Item[], bytesOf: (item: Item) => number, bytesMax: number): Item[][] {
  const parts: Item[][] = [];
  let bytes = Infinity;
  for (const item of items) {
    const size = bytesOf(item);
    if (bytes + size > bytesMax) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(item);
    bytes += size;
  }
  return parts;
}
