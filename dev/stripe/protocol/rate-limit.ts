/** Requests per second that are let through; `null` is no limit. */
export type RateLimits = { readonly writes_per_s: number | null; readonly reads_per_s: number | null };

type Bucket = { tokens: number; filled_at_ms: number };

/**
 * A token bucket for writes and one for reads, each with room for one second's worth, so that a caller who
 * shapes to the same rate is not refused for a little jitter.
 */
export class RateLimiter {
  #limits: RateLimits;
  readonly #now: () => number;
  #buckets: { writes: Bucket; reads: Bucket };

  constructor({ limits, now }: { limits: RateLimits; now: () => number }) {
    this.#limits = limits;
    this.#now = now;
    this.#buckets = this.#full();
  }

  get limits(): RateLimits {
    return this.#limits;
  }

  set(limits: RateLimits): void {
    this.#limits = limits;
    this.#buckets = this.#full();
  }

  allows(method: string): boolean {
    return method === "GET"
      ? this.#take(this.#buckets.reads, this.#limits.reads_per_s)
      : this.#take(this.#buckets.writes, this.#limits.writes_per_s);
  }

  #take(bucket: Bucket, rate_per_s: number | null): boolean {
    if (rate_per_s === null) return true;
    const now_ms = this.#now();
    const earned = (Math.max(0, now_ms - bucket.filled_at_ms) / 1_000) * rate_per_s;
    bucket.tokens = Math.min(rate_per_s, bucket.tokens + earned);
    bucket.filled_at_ms = now_ms;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  #full(): { writes: Bucket; reads: Bucket } {
    const filled_at_ms = this.#now();
    return {
      writes: { tokens: this.#limits.writes_per_s ?? 0, filled_at_ms },
      reads: { tokens: this.#limits.reads_per_s ?? 0, filled_at_ms },
    };
  }
}
