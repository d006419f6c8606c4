/** The larger of each register: the registers of everybody that either has seen. In which order does not matter, nor how often. */
export function mergeRegisters(all: readonly Uint8Array[]): Uint8Array {
  const [first] = all;
  if (!first) return new Uint8Array(0);
  const merged = new Uint8Array(first);
  for (const registers of all.slice(1)) {
    if (registers.length !== merged.length) throw new Error("registers of another precision cannot be merged");
    for (let i = 0; i < merged.length; i++) merged[i] = Math.max(merged[i] ?? 0, registers[i] ?? 0);
  }
  return merged;
}

/** Ranks are of hashes of 64 bits, of which the register's number takes `log2(registers)`. */
const HASH_BITS = 64;

/**
 * How many distinct visitors the registers have seen: the improved raw estimator of O. Ertl, "New cardinality estimation algorithms for
 * HyperLogLog sketches" (2017), algorithm 6, which needs no thresholds and no table of biases. Standard error 1.04 / sqrt(registers).
 */
export function estimateDistinct(registers: Uint8Array): number {
  const m = registers.length;
  if (m === 0) return 0;
  const q = HASH_BITS - Math.log2(m);
  const histogram = new Float64Array(q + 2);
  for (const rank of registers) histogram[Math.min(rank, q + 1)] = (histogram[Math.min(rank, q + 1)] ?? 0) + 1;
  const count = (rank: number): number => histogram[rank] ?? 0;
  let z = m * tau(1 - count(q + 1) / m);
  for (let rank = q; rank >= 1; rank--) z = 0.5 * (z + count(rank));
  z += m * sigma(count(0) / m);
  return (m * m) / (2 * Math.LN2 * z);
}

function sigma(fraction: number): number {
  if (fraction === 1) return Infinity;
  let [x, y, z] = [fraction, 1, fraction];
  for (let before = -1; z !== before;) {
    before = z;
    x *= x;
    z += x * y;
    y += y;
  }
  return z;
}

function tau(fraction: number): number {
  if (fraction === 0 || fraction === 1) return 0;
  let [x, y, z] = [fraction, 1, 1 - fraction];
  for (let before = -1; z !== before;) {
    before = z;
    x = Math.sqrt(x);
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}
