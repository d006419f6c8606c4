/** What shoppers saw of the shop in a part of a scenario. */
export interface Sight {
  readonly requests: number;
  /** Without an answer, or answered with "not now" or an error of the shop. */
  readonly failed: number;
  readonly p99Ms: number;
}

export type Part = "calm" | "fault" | "after";

/** Every request of every shopper, tries that had to be repeated included. */
export class Seen {
  part: Part = "calm";
  readonly #parts: Readonly<Record<Part, { failed: number; readonly ms: number[] }>> = {
    calm: { failed: 0, ms: [] },
    fault: { failed: 0, ms: [] },
    after: { failed: 0, ms: [] },
  };

  /** A request counts for the part in which it ended. */
  note(ms: number, isAnswered: boolean): void {
    const part = this.#parts[this.part];
    part.ms.push(ms);
    if (!isAnswered) part.failed += 1;
  }

  of(part: Part): Sight {
    const { failed, ms } = this.#parts[part];
    const sorted = ms.toSorted((a, b) => a - b);
    return { requests: ms.length, failed, p99Ms: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN };
  }
}
