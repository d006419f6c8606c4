/**
 * Distinct visitors of a day in 16 KiB: HyperLogLog with 2^14 registers over the 64-bit hashes that events carry anyway. Standard error
 * 1.04 / sqrt(2^14) = 0.81 %. Estimated after Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), algorithm 6, which is
 * unbiased over the whole range and needs no tables. Sketches of shards are merged by the maximum of each register.
 */
const INDEX_BITS = 14;
export const REGISTERS = 2 ** INDEX_BITS;
/** Bits that are left for the rank, and so the largest rank but one. */
const RANK_BITS = 64 - INDEX_BITS;
const ALPHA = 0.5 / Math.LN2;

export const emptySketch = (): Uint8Array => new Uint8Array(REGISTERS);

/** Whether it changed the sketch. */
export function addToSketch(registers: Uint8Array, high: number, low: number): boolean {
  const index = high >>> (32 - INDEX_BITS);
  const rest = high << INDEX_BITS;
  const rank = rest === 0 ? 32 - INDEX_BITS + Math.clz32(low) + 1 : Math.clz32(rest) + 1;
  if ((registers[index] ?? 0) >= rank) return false;
  registers[index] = rank;
  return true;
}

/** Merges `from` into `into`. */
export function mergeSketch(into: Uint8Array, from: Uint8Array): void {
  for (let i = 0; i < REGISTERS; i++) {
    const rank = from[i] ?? 0;
    if (rank > (into[i] ?? 0)) into[i] = rank;
  }
}

export function estimateDistinct(registers: Uint8Array): number {
  const histogram = new Float64Array(RANK_BITS + 2);
  for (const rank of registers) histogram[rank] = (histogram[rank] ?? 0) + 1;
  const share = (rank: number): number => (histogram[rank] ?? 0) / REGISTERS;
  let z = REGISTERS * tau(1 - share(RANK_BITS + 1));
  for (let rank = RANK_BITS; rank >= 1; rank--) z = 0.5 * (z + (histogram[rank] ?? 0));
  z += REGISTERS * sigma(share(0));
  return (ALPHA * REGISTERS * REGISTERS) / z;
}

function sigma(share: number): number {
  if (share === 1) return Infinity;
  let x = share;
  let y = 1;
  let z = x;
  for (let before = -1; before !== z;) {
    before = z;
    x *= x;
    z += x * y;
    y += y;
  }
  return z;
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let x = share;
  let y = 1;
  let z = 1 - x;
  for (let before = -1; before !== z;) {
    before = z;
    x = Math.sqrt(x);
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}
