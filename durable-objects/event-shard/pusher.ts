import type { Outgoing, OutgoingSlices } from "../../src/domain/events/outgoing.ts";
import { sliceName } from "../../src/domain/events/routing.ts";
import { log } from "../../src/platform/log.ts";
import type { ProductMetrics } from "../product-metrics/product-metrics.ts";

/** Counts gather for this long before they are told: a board that looks every 400 ms need not be told more often. */
const PUSH_EVERY_MS = 250;
const PUSH_RETRY_MAX_MS = 30_000;

/**
 * Tells the slices of products what was counted, while there is something to tell. A call that fails is made again, later and later; what it carried
 * stays until a slice has confirmed it, and a slice takes each segment once.
 */
export class Pusher {
  readonly #slices: DurableObjectNamespace<ProductMetrics>;
  readonly #outgoing: OutgoingSlices;
  readonly #shard: () => { readonly name: string; readonly origin: string };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  constructor(options: {
    readonly slices: DurableObjectNamespace<ProductMetrics>;
    readonly outgoing: OutgoingSlices;
    readonly shard: () => { readonly name: string; readonly origin: string };
  }) {
    this.#slices = options.slices;
    this.#outgoing = options.outgoing;
    this.#shard = options.shard;
  }

  /** Whether everything was told and confirmed. */
  get isDone(): boolean {
    return this.#outgoing.since === null;
  }

  soon(): void {
    if (this.#timer !== undefined || this.isDone) return;
    const waitMs = Math.min(PUSH_EVERY_MS * 2 ** this.#failures, PUSH_RETRY_MAX_MS);
    this.#timer = setTimeout(() => void this.now(), waitMs);
  }

  /** Never throws: what fails is told again. */
  async now(): Promise<void> {
    const told = await Promise.all(this.#outgoing.all().map((outgoing) => this.#tell(outgoing)));
    this.#failures = told.every(Boolean) ? 0 : Math.min(this.#failures + 1, 10);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.soon();
  }

  async #tell(outgoing: Outgoing): Promise<boolean> {
    outgoing.close();
    const segments = outgoing.next();
    if (segments.length === 0) return true;
    try {
      const slice = this.#slices.getByName(sliceName(outgoing.slice));
      const watermark = await slice.take({ ...this.#shard(), segments });
      outgoing.confirm(watermark);
      if (outgoing.first !== segments[0]) return true;
      throw new Error(`the slice is at commit ${watermark}, and this is what follows ${segments[0]?.after}`);
    } catch (error) {
      log("warn", "deltas_not_taken", { ...this.#shard(), slice: outgoing.slice, error: String(error) });
      return false;
    }
  }
}
