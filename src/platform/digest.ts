import { hex } from "./hex.ts";

/**
 * What is stored of a key, in hex. One round of SHA-256 is enough: slow hashes make guessing of passwords dear, and nobody guesses 160 random
 * bits, while a slow hash would be paid with every request.
 */
export async function sha256Hex(text: string): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}
