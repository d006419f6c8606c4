import type { PspCall } from "../domain/psp-calls.ts";

/** What the calls of one invocation were like: a point each for the dashboard, and all of them together for the throttle's account. */
export class CallNotes {
  readonly #points: AnalyticsEngineDataset;
  readonly #calls: PspCall[] = [];

  constructor(points: AnalyticsEngineDataset) {
    this.#points = points;
  }

  note(call: PspCall): void {
    this.#calls.push(call);
    this.#points.writeDataPoint({
      indexes: [call.operation],
      blobs: [call.operation, call.outcome],
      doubles: [call.latencyMs],
    });
  }

  all(): readonly PspCall[] {
    return this.#calls;
  }
}
