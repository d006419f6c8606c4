/** Shares are counted in hundredths of a per cent, so that 10,000 is everybody. */
export const BUCKETS = 10_000;

/**
 * Which of the 10,000 buckets a subject is in: always the same one for the same salt, and independent of the one it is in for another salt.
 * FNV-1a over UTF-16 code units, mixed once more by MurmurHash3's finalizer, without which neighbouring ids would be in neighbouring buckets.
 */
export function bucketOf(salt: string, subject: string): number {
  let hash = 0x81_1c_9d_c5;
  const text = `${salt}\n${subject}`;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01_00_01_93);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85_eb_ca_6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2_b2_ae_35);
  hash ^= hash >>> 16;
  return (hash >>> 0) % BUCKETS;
}

/** Nested: whoever is inside a share is inside every larger one, so raising it only adds subjects. */
export const isInside = (bucket: number, share: number): boolean => bucket < share;
