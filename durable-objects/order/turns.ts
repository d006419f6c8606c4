/**
 * Lets asynchronous steps of one object take turns. Without it a hold that is being renewed and its release interleave at every `await`,
 * and what was released first is taken again by the renewal's later steps.
 */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `step` when every earlier one has ended, however it ended. */
  take<T>(step: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(step, step);
    // The tail must not reject: a failed step would fail the next one's turn, and count as unhandled when there is none.
    this.#last = turn.catch(() => {});
    return turn;
  }
}
