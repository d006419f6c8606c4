import { bytesOfRows } from "../../domain/events/pack.ts";
import { DURATION_MS } from "../../domain/limits.ts";
import { ok, refuse } from "../../domain/result.ts";
import { type EventsQueue, type Parcel, type Sent, sendParcel, TRY_AGAIN } from "./send.ts";

/** What one call to the queue takes, with some room; a parcel that does not fit any more goes by itself. */
const GROUP_BYTES_MAX = 200_000;
/** Of an order; only to keep groups small, so it need not be measured. */
const REPORT_BYTES = 2_000;
/** A call that is under way has ended by then, unless its request was torn down in the middle of it, in ms. */
const TURN_MS = DURATION_MS.queueSend + 200;
/** Longer than the call before and the group's own together, in ms. */
const GROUP_MS = 2 * TURN_MS + 200;

interface Group {
  readonly batches: Parcel["batches"][number][];
  readonly reports: Parcel["reports"][number][];
  bytes: number;
  /** The call before has ended. */
  readonly turn: PromiseWithResolvers<void>;
  /** What became of the group. */
  readonly sent: PromiseWithResolvers<Sent>;
}

/**
 * One call to the queue at a time, per isolate: requests that arrive while one is under way are joined, and the first of them sends for all
 * when it is over. So nobody waits who comes alone, and under load calls and messages are shared, which a request with one event could not
 * pay for itself. Each is still answered only once its own events were taken.
 *
 * Here promises of one request are awaited by others. Since 2024-10-14 the platform runs what follows in the context of whoever awaits
 * (`handle_cross_request_promise_resolution`); and because the other request may be torn down before it resolves anything, nobody awaits one
 * without a clock of their own (docs/decisions/0015).
 */
export class JoinedSends {
  readonly #send: typeof sendParcel;
  #isBusy = false;
  #group: Group | undefined;

  constructor(send: typeof sendParcel = sendParcel) {
    this.#send = send;
  }

  async send(queue: EventsQueue, parcel: Parcel): Promise<Sent> {
    if (parcel.batches.length + parcel.reports.length === 0) return ok(true);
    if (!this.#isBusy) return this.#call(queue, parcel);
    const bytes = bytesOfParcel(parcel);
    const group = this.#group;
    if (group === undefined) return this.#lead(queue, parcel, bytes);
    if (group.bytes + bytes > GROUP_BYTES_MAX) return this.#send(queue, parcel);
    group.batches.push(...parcel.batches);
    group.reports.push(...parcel.reports);
    group.bytes += bytes;
    return (
      (await within(group.sent.promise, GROUP_MS)) ?? refuse({ reason: "dependency_unavailable", detail: TRY_AGAIN })
    );
  }

  async #lead(queue: EventsQueue, { batches, reports }: Parcel, bytes: number): Promise<Sent> {
    const group: Group = {
      batches: [...batches],
      reports: [...reports],
      bytes,
      turn: Promise.withResolvers(),
      sent: Promise.withResolvers(),
    };
    this.#group = group;
    await within(group.turn.promise, TURN_MS);
    // From here on nobody joins it any more.
    this.#group = undefined;
    const sent = await this.#call(queue, group);
    group.sent.resolve(sent);
    return sent;
  }

  async #call(queue: EventsQueue, parcel: Parcel): Promise<Sent> {
    this.#isBusy = true;
    const sent = await this.#send(queue, parcel);
    this.#isBusy = false;
    this.#group?.turn.resolve();
    return sent;
  }
}

const bytesOfParcel = ({ batches, reports }: Parcel): number =>
  batches.reduce((bytes, batch) => bytes + bytesOfRows(batch), reports.length * REPORT_BYTES);

/** What a promise resolves to, or `undefined` when it takes longer. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
