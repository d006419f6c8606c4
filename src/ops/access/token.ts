import { sha256Hex } from "../../platform/digest.ts";
import { hex } from "../../platform/hex.ts";

const ID_BYTES = 8;
const SECRET_BYTES = 20;
const TOKEN = new RegExp(`^bw_([0-9a-f]{${ID_BYTES * 2}})_[0-9a-f]{${SECRET_BYTES * 2}}$`);

/** A key as its holder has it, `bw_<id>_<secret>`. The id finds the row and may be shown; the secret has 160 random bits. */
export interface Token {
  readonly id: string;
  readonly text: string;
}

export function mintToken(random: Uint8Array = crypto.getRandomValues(new Uint8Array(ID_BYTES + SECRET_BYTES))): Token {
  const id = hex(random.subarray(0, ID_BYTES));
  return { id, text: `bw_${id}_${hex(random.subarray(ID_BYTES))}` };
}

/** The id in a text that has the form of a key, whatever it is worth. */
export const tokenId = (text: string): string | undefined => TOKEN.exec(text)?.[1];

/** What is stored of a key. */
export const hashOf = sha256Hex;

/** Compares digests, which have one length, in the same time whatever was sent: nothing leaks, not even the secret's length. */
export async function isSame(given: string, expected: string): Promise<boolean> {
  const digest = (text: string): Promise<ArrayBuffer> =>
    crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const [a, b] = await Promise.all([digest(given), digest(expected)]);
  return crypto.subtle.timingSafeEqual(a, b);
}
