import type { Try } from "../drills/chaos/persistence.ts";

/** What shoppers saw of the shop in a part of a scenario. */
export interface Sight {
  readonly requests: number;
  /** Without an answer, or answered with "not now" or an error of the shop. */
  readonly failed: number;
  readonly p99Ms: number;
  /** The most frequent failures, by request and what was said. */
  readonly failures: readonly { readonly what: string; readonly count: number }[];
}

export type Part = "calm" | "fault" | "after";

const SHOWN = 3;
const SAID_CHARS = 60;
const ID = /\/(?:cart|ord|lgc|lgo)_[^/]+/g;

/** Every request of every shopper, tries that had to be repeated included; operators are none. */
export class Seen {
  part: Part = "calm";
  readonly #parts: Readonly<Record<Part, { readonly failures: string[]; readonly ms: number[] }>> = {
    calm: { failures: [], ms: [] },
    fault: { failures: [], ms: [] },
    after: { failures: [], ms: [] },
  };

  /** A request counts for the part in which it ended. */
  note({ method, path, ms, failure }: Try): void {
    if (path.startsWith("/admin/")) return;
    const part = this.#parts[this.part];
    part.ms.push(ms);
    if (failure !== undefined) {
      part.failures.push(`${method} ${path.replace(ID, "/:id")}: ${failure.slice(0, SAID_CHARS)}`);
    }
  }

  of(part: Part): Sight {
    const { failures, ms } = this.#parts[part];
    const sorted = ms.toSorted((a, b) => a - b);
    const byText = [...Map.groupBy(failures, (text) => text)].map(([what, all]) => ({ what, count: all.length }));
    return {
      requests: ms.length,
      failed: failures.length,
      p99Ms: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN,
      failures: byText.toSorted((a, b) => b.count - a.count).slice(0, SHOWN),
    };
  }
}
