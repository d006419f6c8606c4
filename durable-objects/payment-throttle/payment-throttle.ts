import type { CallSlot, PspCall } from "../../src/domain/psp-calls.ts";
import {
  backOff,
  bookSlots,
  IDLE_THROTTLE,
  observeQueue,
  type Outlook,
  outlookOf,
  type Pace,
  type QueueSight,
  type ThrottlePolicy,
  type ThrottleState,
} from "../../src/domain/throttle.ts";
import { CommerceObject } from "../metered-object.ts";
import { type CallFigures, CallAccount } from "./call-account.ts";

export interface ThrottleStatus extends CallFigures {
  readonly callsPerSecond: number;
  readonly burst: number;
  /** UTC ms until which the provider asked us to pause; in the past when it did not. */
  readonly blockedUntil: number;
  readonly waitMs: number;
  readonly queueMs: number;
}

const BLOCKED_KEY = "blocked_until";
const TROUBLE_KEY = "failed_calls";
/** A consumer asks for the slots of one batch; more than this would be a mistake. */
const SLOTS_PER_CALL = 100;

/**
 * The one tap in front of a payment provider's account. It hands out the times at which calls may start and lets the caller wait: a
 * timer in here would keep the object awake. The bucket lives in memory, because a restart costs at most one extra burst; a
 * pause that the provider asked for is stored, and so are the calls of the last minute as long as one of them failed: ten seconds without a
 * call are enough for the platform to let the object go.
 */
export class PaymentThrottle extends CommerceObject {
  #state: ThrottleState;
  #pace: Pace | undefined;
  readonly #account: CallAccount;

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    const { kv } = ctx.storage;
    this.#state = { ...IDLE_THROTTLE, blockedUntil: kv.get<number>(BLOCKED_KEY) ?? 0 };
    this.#account = new CallAccount(Date.now(), kv.get<readonly CallSlot[]>(TROUBLE_KEY));
  }

  /**
   * How long from now each of `calls` calls has to wait before it may start, in ms. `sight`: what the caller knows of the queue, from
   * which shoppers are told how long their charge may take. `ended`: calls of this batch so far. One that hangs is in a batch that takes minutes; but whoever
   * repeats it asks here for a slot, and so it is heard of at once and for nothing.
   */
  take(calls: number, sight?: QueueSight, ended: readonly PspCall[] = []): { readonly delaysMs: readonly number[] } {
    const now = Date.now();
    if (ended.length > 0) this.#note(ended, now);
    if (sight) this.#pace = observeQueue(this.#pace, sight, this.#policy(), now);
    const booked = bookSlots(this.#state, this.#policy(), Math.min(calls, SLOTS_PER_CALL), now);
    this.#state = booked.state;
    return { delaysMs: booked.delaysMs };
  }

  /** How long charges wait for their turn; nothing when none has been made for a while. */
  outlook(): Outlook {
    return outlookOf(this.#pace, Date.now());
  }

  /** The provider refused for want of capacity: no slot before `ms` from now. */
  backOff(ms: number): void {
    this.#state = backOff(this.#state, this.#policy(), ms, Date.now());
    this.ctx.storage.kv.put(BLOCKED_KEY, this.#state.blockedUntil);
  }

  /** Takes in how calls ended, for `status` and for the alerts. */
  report(calls: readonly PspCall[]): void {
    this.#note(calls, Date.now());
  }

  /** What an operator and the alerts want to know of the tap. Figures are since this object last started. */
  status(): ThrottleStatus {
    const { callsPerSecond, burst } = this.#policy();
    return {
      callsPerSecond,
      burst,
      blockedUntil: this.#state.blockedUntil,
      ...this.outlook(),
      ...this.#account.figures(Date.now()),
    };
  }

  #note(calls: readonly PspCall[], now: number): void {
    this.#account.add(calls, now);
    const trouble = this.#account.trouble();
    if (trouble) this.ctx.storage.kv.put(TROUBLE_KEY, trouble);
  }

  #policy(): ThrottlePolicy {
    return { callsPerSecond: Number(this.env.PSP_CALLS_PER_S), burst: Number(this.env.PSP_BURST) };
  }
}
