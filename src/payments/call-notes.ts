import type { PspCall } from "../domain/psp-calls.ts";

/** What the calls of one invocation were like: a point each for the dashboard, and each of them once for the throttle's account. */
export class CallNotes {
  readonly #points: AnalyticsEngineDataset;
  readonly #untold: PspCall[] = [];

  constructor(points: AnalyticsEngineDataset) {
    this.#points = points;
  }

  note(call: PspCall): void {
    this.#untold.push(call);
    this.#points.writeDataPoint({
      indexes: [call.operation],
      blobs: [call.operation, call.outcome],
      doubles: [call.latencyMs],
    });
  }

  /** What has not been handed out yet. It is only figures: whoever takes them and fails to tell them has lost them. */
  takeUntold(): readonly PspCall[] {
    return this.#untold.splice(0);
  }
}
