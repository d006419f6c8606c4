import { randomFillSync } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const ID_CHARACTERS = 24;
/** One call for random bytes per few hundred ids: the call costs more than the bytes. */
const POOL_BYTES = 8_192;

const pool = new Uint8Array(POOL_BYTES);
let used_bytes = POOL_BYTES;

/**
 * Random base-62 text. 256 is not a multiple of 62, so some letters are a little more likely; at 24 characters
 * that costs a bit or two of about 140 and no id here protects anything.
 */
export function randomText(characters: number): string {
  if (used_bytes + characters > POOL_BYTES) {
    randomFillSync(pool);
    used_bytes = 0;
  }
  let text = "";
  for (const byte of pool.subarray(used_bytes, used_bytes + characters)) {
    text += ALPHABET.charAt(byte % ALPHABET.length);
  }
  used_bytes += characters;
  return text;
}

/** An id as Stripe writes them: `pi_` and 24 characters. Never seeded: state outlives the process, ids must too. */
export function newId(prefix: string): string {
  return `${prefix}_${randomText(ID_CHARACTERS)}`;
}
