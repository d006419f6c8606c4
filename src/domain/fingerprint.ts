const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;

/**
 * 16 hex digits that stand for these parts: 64-bit FNV-1a over their JSON. Made to group what is alike, not to resist someone who looks for
 * a collision. Source: https://datatracker.ietf.org/doc/html/rfc9923
 */
export function fingerprintOfParts(parts: readonly string[]): string {
  let hash = OFFSET;
  for (const byte of new TextEncoder().encode(JSON.stringify(parts))) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * PRIME);
  }
  return hash.toString(16).padStart(16, "0");
}

/** The name of a cause: why, readable, and what exactly, as a fingerprint. Letters, digits, `_`, `-` and `.`, so it goes into a path as it is. */
export const causeName = (reason: string, parts: readonly string[]): string =>
  `${reason}.${fingerprintOfParts([reason, ...parts])}`;

/** As it may come in a path or a body. */
export const CAUSE_PATTERN = /^[a-z0-9_.-]{1,100}$/;
