import MurmurHash3 from "imurmurhash";

/** 64 bits in two halves, each an unsigned 32-bit integer: what typed arrays hold and bit operators work on. */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

const HIGH_SEED = 0x2f0b4c47;
const LOW_SEED = 0x68e31da4;

// oxlint-disable-next-line no-control-regex -- exactly ASCII is what is asked for
const NOT_ASCII = /[^\x00-\x7f]/;

/**
 * Hash of an id: MurmurHash3 (x86, 32 bits) under two seeds. Not cryptographic: who can choose ids can make two of them collide, and gains what
 * sending the same id twice would have gained. By chance, two of 10 million ids collide once in 370,000 such sets.
 */
export function hash64(text: string): Hash64 {
  // The library folds UTF-16 units into bytes, so units above 255 would overlap their neighbours: such a text is hashed as its UTF-8 bytes.
  const bytes = NOT_ASCII.test(text) ? encodeURIComponent(text.toWellFormed()) : text;
  return { high: MurmurHash3(bytes, HIGH_SEED).result(), low: MurmurHash3(bytes, LOW_SEED).result() };
}
