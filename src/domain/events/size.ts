import { LIMITS } from "../limits.ts";
import { isJson } from "./ecommerce.ts";

const BYTES_PER_CHAR_MAX = 3;
/** `"messageId"` in two: a native search skips to the first character of what it looks for, and a capital I is rare where quotes are everywhere. */
const NAME_HEAD = '"message';
const NAME_TAIL = 'Id"';
const ESCAPE = "\\u";

/**
 * Which events of a body are larger than an event may be, by index. Most bodies need no measuring: one that is smaller than the limit
 * cannot hold an event that is larger, and in one of an SDK, where each event has one `messageId`, an event lies between that of the
 * event before and that of the event after it. Searching for them is done natively and costs a fraction of writing every event anew.
 */
export function oversized(
  text: string,
  events: readonly unknown[],
  limitBytes: number = LIMITS.eventBytes,
): Set<number> {
  const found = new Set<number>();
  if (text.length * BYTES_PER_CHAR_MAX <= limitBytes || isSmallBetweenIds(text, events, limitBytes)) return found;
  for (let i = 0; i < events.length; i++) if (bytesOf(events[i]) > limitBytes) found.add(i);
  return found;
}

/** Holds only if every event has the name in its text once: each has the property, none is spelled with an escape, and none is left over. */
function isSmallBetweenIds(text: string, events: readonly unknown[], limitBytes: number): boolean {
  if (text.includes(ESCAPE)) return false;
  for (const event of events) if (!isJson(event) || event["messageId"] === undefined) return false;
  const longest = limitBytes / BYTES_PER_CHAR_MAX;
  let count = 0;
  let before = 0;
  let last = 0;
  for (let at = text.indexOf(NAME_TAIL); at !== -1; at = text.indexOf(NAME_TAIL, at + NAME_TAIL.length)) {
    if (!text.startsWith(NAME_HEAD, at - NAME_HEAD.length)) continue;
    count++;
    if (at - before > longest) return false;
    before = last;
    last = at;
  }
  return count === events.length && text.length - before <= longest;
}

/** What nests too deeply to be written is too large as well. */
function bytesOf(event: unknown): number {
  let text: string;
  try {
    text = JSON.stringify(event) ?? "";
  } catch {
    return Infinity;
  }
  if (text.length * BYTES_PER_CHAR_MAX <= LIMITS.eventBytes) return text.length;
  return new TextEncoder().encode(text).byteLength;
}
