/** Work that is waiting to be committed, and who waits for it. */
interface Waiting<Request, Reply> {
  readonly request: Request;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

/** Time between two commits of little, in ms: what comes in between shares one row. */
const COMMIT_EVERY_MS = 80;
/** Beyond this the object is not keeping up, and says so instead of filling its memory. */
const WAITING_BYTES_MAX = 24 * 1024 * 1024;
/** A record of storage may have 2 MB. */
const COMMIT_BYTES_MAX = 1_200_000;

/**
 * Commits concurrent calls together: the first one after a pause at once, the others when the pause is over or there is enough to be worth a row. Whoever
 * waits for a commit may be a queue's only consumer, so waiting for more would then be waiting for nobody. A call is answered only when what
 * it brought is committed, and the platform holds the answer back until it is on disk.
 */
export class GroupCommit<Request, Reply> {
  readonly #waiting: Waiting<Request, Reply>[] = [];
  readonly #sizeOf: (request: Request) => number;
  readonly #commit: (requests: readonly Request[], bytes: number) => readonly Reply[];
  readonly #worthOf: (request: Request) => number;
  readonly #enough: number;
  #bytes = 0;
  #worth = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the timer is set for now. */
  #isHurrying = false;
  #lastAt = 0;

  /**
   * `commit` answers as many replies as it gets requests, or throws and has changed nothing. `sizeOf` is what a request takes in the record, at most. Once what
   * waits is worth `enough`, nobody waits any longer.
   */
  constructor(options: {
    readonly sizeOf: (request: Request) => number;
    readonly commit: (requests: readonly Request[], bytes: number) => readonly Reply[];
    readonly worthOf?: (request: Request) => number;
    readonly enough?: number;
  }) {
    this.#sizeOf = options.sizeOf;
    this.#commit = options.commit;
    this.#worthOf = options.worthOf ?? (() => 0);
    this.#enough = options.enough ?? Infinity;
  }

  add(request: Request): Promise<Reply> {
    if (this.#bytes > WAITING_BYTES_MAX)
      return Promise.reject(new Error("overloaded: too much is waiting to be committed"));
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    this.#waiting.push({ request, resolve, reject });
    this.#bytes += this.#sizeOf(request);
    this.#worth += this.#worthOf(request);
    this.#schedule();
    return promise;
  }

  #schedule(): void {
    if (this.#waiting.length === 0) return;
    // Not this very moment: what arrives in it comes along.
    const isEnough = this.#worth >= this.#enough;
    const pauseMs = Math.min(COMMIT_EVERY_MS, Math.max(0, this.#lastAt + COMMIT_EVERY_MS - Date.now()));
    const waitMs = isEnough ? 0 : pauseMs;
    if (this.#timer !== undefined && (waitMs > 0 || this.#isHurrying)) return;
    clearTimeout(this.#timer);
    this.#isHurrying = waitMs === 0;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#run();
      this.#schedule();
    }, waitMs);
  }

  #run(): void {
    this.#lastAt = Date.now();
    const { together, bytes } = this.#take();
    this.#bytes -= bytes;
    for (const { request } of together) this.#worth -= this.#worthOf(request);
    try {
      const replies = this.#commit(
        together.map(({ request }) => request),
        bytes,
      );
      together.forEach(({ resolve, reject }, i) => {
        const reply = replies[i];
        if (reply === undefined) reject(new Error("a commit without a reply"));
        else resolve(reply);
      });
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  }

  /** As many as fit into one record, and at least one. */
  #take(): { readonly together: readonly Waiting<Request, Reply>[]; readonly bytes: number } {
    let bytes = 0;
    let count = 0;
    for (const { request } of this.#waiting) {
      const size = this.#sizeOf(request);
      if (count > 0 && bytes + size > COMMIT_BYTES_MAX) break;
      bytes += size;
      count++;
    }
    return { together: this.#waiting.splice(0, count), bytes };
  }
}
