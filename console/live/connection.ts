import { ageMs } from "../../src/domain/age.ts";
import { type Board, LIVE_CLOSE, type LiveFrame } from "../../src/domain/live.ts";
import type { Api, Refusal } from "../access/api.ts";
import { hasEnded } from "../access/refusal.ts";
import { Store } from "../ui/store.ts";
import { backoffMs } from "./backoff.ts";
import { bestSample, type ClockSample, clockSample, withSample } from "./clock.ts";
import { broken, type Followed, follow, NOTHING, polled } from "./follow.ts";
import { LatencyWindow } from "./latency.ts";
import { afterPaint } from "./paint.ts";
import { phaseOf, SILENCE_MS, sinceLast } from "./phase.ts";
import { type LiveSocket, openSocket } from "./socket.ts";
import { FIRST_VIEW, type LiveView } from "./view.ts";

const TICK_MS = 1_000;
/** Also tells the board what has been worked off; it closes a socket that leaves too much unconfirmed. */
const PING_MS = 5_000;
const POLL_MS = 2_000;
/** A snapshot that was asked for and did not come is asked for again. */
const SNAPSHOT_MS = 5_000;

/**
 * Keeps the board on the screen up to date: a socket while there can be one, polling while there cannot, nothing while nobody looks. Owns
 * every timer of the live part; what it decides by are the pure functions beside it.
 */
export class Connection {
  readonly view = new Store<LiveView>(FIRST_VIEW);
  readonly #api: Api;
  readonly #onRefused: (refusal: Refusal) => void;
  readonly #latency = new LatencyWindow();
  #followed: Followed = NOTHING;
  #samples: readonly ClockSample[] = [];
  #socket: LiveSocket | null = null;
  #isOpen = false;
  #attempt = 0;
  #frames = 0;
  #breaks = 0;
  #isPolling = false;
  #pollers = 0;
  #heardAt = 0;
  #attendedAt = Date.now();
  #openedAt = 0;
  /** Null while a socket is open or polling works. */
  #brokenAt: number | null = null;
  #askedAt = 0;
  #pingedAt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #tick: ReturnType<typeof setInterval> | undefined;
  #isStopped = false;

  constructor(api: Api, onRefused: (refusal: Refusal) => void) {
    this.#api = api;
    this.#onRefused = onRefused;
  }

  start(): void {
    document.addEventListener("visibilitychange", this.#attend);
    addEventListener("online", this.retryNow);
    this.#tick = setInterval(() => this.#onTick(Date.now()), TICK_MS);
    this.#connect();
  }

  stop(): void {
    this.#isStopped = true;
    document.removeEventListener("visibilitychange", this.#attend);
    removeEventListener("online", this.retryNow);
    clearInterval(this.#tick);
    clearTimeout(this.#retry);
    this.#socket?.close();
  }

  readonly retryNow = (): void => {
    if (this.#isOpen || this.#isStopped) return;
    this.#socket?.close();
    this.#attempt = 0;
    this.#connect();
  };

  #connect(): void {
    clearTimeout(this.#retry);
    const socket = openSocket(this.#api.key, {
      opened: () => this.#opened(),
      frame: (frame) => this.#receive(frame, Date.now()),
      // One that was given up for another has nothing to say any more.
      closed: (ended) => this.#socket === socket && this.#closed(ended, Date.now()),
    });
    this.#socket = socket;
  }

  #opened(): void {
    this.#isOpen = true;
    this.#openedAt = Date.now();
    this.#isPolling = false;
    this.#brokenAt = null;
    this.#followed = broken(this.#followed);
    this.#askedAt = Date.now();
    this.#ping(Date.now());
    if (document.hidden) this.#socket?.send({ type: "pause" });
    this.#show(Date.now());
  }

  #receive(frame: LiveFrame, now: number): void {
    if (frame.type === "pong") {
      this.#samples = withSample(this.#samples, clockSample(frame.at, frame.sent_at, now));
      return;
    }
    const { next, ask, receivedAt } = follow(this.#followed, frame);
    this.#followed = next;
    this.#heardAt = now;
    this.#frames += 1;
    if (!next.isAwaiting) this.#attempt = 0;
    if (ask) this.#ask(now);
    this.#show(now);
    if (receivedAt !== null) afterPaint(() => this.#painted(receivedAt));
  }

  #painted(receivedAt: number): void {
    const clock = bestSample(this.#samples);
    const now = Date.now();
    if (clock && !document.hidden) this.#latency.add(now, now + clock.aheadMs - receivedAt);
  }

  #closed({ wasOpen, code }: { wasOpen: boolean; code: number }, now: number): void {
    this.#isOpen = false;
    this.#socket = null;
    if (this.#isStopped) return;
    if (wasOpen) this.#breaks += 1;
    // While it is polled, a try at a socket that fails changes nothing for the reader.
    if (!this.#isPolling) this.#brokenAt ??= now;
    // A browser does not say why a handshake was refused, but polling does; and it is what is left when no WebSocket gets through.
    if (!wasOpen || code === LIVE_CLOSE.full) void this.#poll();
    this.#retry = setTimeout(() => this.#connect(), backoffMs(this.#attempt, Math.random()));
    this.#attempt += 1;
    this.#show(now);
  }

  #refused(refusal: Refusal): void {
    const isFinal = refusal.reason === "unauthorized" || refusal.reason === "missing_scope" || hasEnded(refusal);
    if (isFinal && !this.#isStopped) this.#onRefused(refusal);
  }

  async #poll(): Promise<void> {
    if (this.#isPolling) return;
    this.#isPolling = true;
    // One that still sleeps from the time before must not wake up beside this one.
    this.#pollers += 1;
    const own = this.#pollers;
    while (this.#isPolling && own === this.#pollers && !this.#isStopped) {
      if (!document.hidden) await this.#pollOnce(own);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async #pollOnce(own: number): Promise<void> {
    const answer = await this.#api.get<Board>("analytics/snapshot");
    // The socket is back, or another one polls: what came of this says nothing of them.
    if (!this.#isPolling || own !== this.#pollers) return;
    const now = Date.now();
    if (!answer.ok) {
      this.#brokenAt ??= now;
      return this.#refused(answer.refusal);
    }
    this.#followed = polled(this.#followed, answer.value);
    this.#heardAt = now;
    this.#brokenAt = null;
    this.#show(now);
  }

  /** A page that nobody looks at asks the shop for nothing. */
  readonly #attend = (): void => {
    this.#socket?.send({ type: document.hidden ? "pause" : "resume" });
    if (document.hidden) return;
    this.#attendedAt = Date.now();
    this.#askedAt = Date.now();
    this.#followed = broken(this.#followed);
    this.#show(Date.now());
    this.retryNow();
  };

  /** A connection can be gone without anybody having said so, and closing it properly would take just as long. */
  #giveUp(now: number): void {
    const socket = this.#socket;
    this.#closed({ wasOpen: true, code: 1006 }, now);
    socket?.close();
  }

  #onTick(now: number): void {
    const silentMs = sinceLast(now, this.#heardAt, this.#attendedAt, this.#openedAt);
    if (this.#isOpen && !document.hidden && silentMs > SILENCE_MS) this.#giveUp(now);
    if (this.#isOpen && ageMs(this.#pingedAt, now) >= PING_MS) this.#ping(now);
    if (this.#isOpen && this.#followed.isAwaiting && ageMs(this.#askedAt, now) > SNAPSHOT_MS && !document.hidden)
      this.#ask(now);
    this.#show(now);
  }

  #ask(now: number): void {
    this.#askedAt = now;
    this.#socket?.send({ type: "snapshot" });
  }

  #ping(now: number): void {
    this.#pingedAt = now;
    if (document.hidden) this.#socket?.keepAlive();
    else this.#socket?.send({ type: "ping", at: now, seen: this.#followed.seq });
  }

  #show(now: number): void {
    const { board, isAwaiting, epoch, seq } = this.#followed;
    const clock = bestSample(this.#samples);
    const [brokenAt, heardAt, attendedAt] = [this.#brokenAt, this.#heardAt, this.#attendedAt];
    this.view.set({
      phase: phaseOf({ hasBoard: board !== null, isAwaiting, brokenAt, heardAt, attendedAt }, now),
      board,
      heardAt,
      link: {
        via: this.#isPolling ? "polling" : "socket",
        epoch,
        seq,
        frames: this.#frames,
        breaks: this.#breaks,
        roundTripMs: clock?.roundTripMs ?? null,
        aheadMs: clock?.aheadMs ?? null,
        eventToScreen: this.#latency.quantiles(now),
      },
    });
  }
}
