const KEPT = 512;
const TOLD = 64;

/** When the newest batches were received and in which version they were folded: a ring of what a board needs to measure its own latency. */
export class Receipts {
  readonly #version = new Float64Array(KEPT);
  readonly #receivedAt = new Float64Array(KEPT);
  readonly #events = new Float64Array(KEPT);
  #next = 0;

  note(version: number, receivedAt: number, events: number): void {
    const slot = this.#next++ % KEPT;
    this.#version[slot] = version;
    this.#receivedAt[slot] = receivedAt;
    this.#events[slot] = events;
  }

  /** What was folded after a version, in order of receipt. Neighbours are put together, at the older time, when they are too many. */
  since(version: number): { readonly receivedAt: number; readonly events: number }[] {
    const rows = [...this.#version.keys()]
      // Versions begin at 1, so a slot that was never written is older than anything.
      .filter((slot) => (this.#version[slot] ?? 0) > Math.max(version, 0))
      .map((slot) => ({ receivedAt: this.#receivedAt[slot] ?? 0, events: this.#events[slot] ?? 0 }))
      .toSorted((a, b) => a.receivedAt - b.receivedAt);
    const newest = rows.pop();
    if (!newest) return [];
    const perGroup = Math.ceil(rows.length / (TOLD - 1));
    const groups: { receivedAt: number; events: number }[] = [];
    for (let i = 0; i < rows.length; i += perGroup) {
      const group = rows.slice(i, i + perGroup);
      groups.push({
        receivedAt: group[0]?.receivedAt ?? 0,
        events: group.reduce((sum, { events }) => sum + events, 0),
      });
    }
    return [...groups, newest];
  }
}
