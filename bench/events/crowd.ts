import { setTimeout } from "node:timers/promises";
import { nowMs } from "./live.ts";

const OPENED_AT_ONCE = 50;
const LOOK_EVERY_MS = 5;
const LAST_FRAME_MS = 10_000;
/** What is read of a frame stands at its beginning: parsing all of it a thousand times would be what is measured. */
const HEAD_CHARS = 300;
const SEQ = /"seq":(\d+),"sent_at":(\d+)(?:,"newest_received_at":(\d+))?/;

/** One frame that everybody got, or not. Times in UTC ms. */
export interface CrowdFrame {
  readonly seq: number;
  readonly sentAt: number;
  /** Of the newest event that it is the first to show. */
  readonly newestReceivedAt: number | undefined;
  readonly bytes: number;
  readonly sockets: number;
  readonly lastAt: number;
}

/** Many consoles, of which nobody looks at the figures: only when a frame reached the last of them. */
export class Crowd {
  readonly #sockets: WebSocket[] = [];
  readonly #frames = new Map<number, CrowdFrame>();
  #closed = 0;

  private constructor() {}

  static async open(count: number, connect: () => WebSocket): Promise<Crowd> {
    const crowd = new Crowd();
    while (crowd.#sockets.length < count) {
      const batch = Math.min(OPENED_AT_ONCE, count - crowd.#sockets.length);
      await Promise.all(Array.from({ length: batch }, () => crowd.#join(connect())));
    }
    return crowd;
  }

  /** Frames that were told to all, the oldest first. */
  frames(): CrowdFrame[] {
    const everybody = this.#sockets.length;
    return [...this.#frames.values()].filter(({ sockets }) => sockets === everybody);
  }

  /** Forgets what came so far. */
  clear(): void {
    this.#frames.clear();
  }

  /** Waits until frames that somebody got have been got by all; for a while, because one that is missing is a finding. */
  async settle(): Promise<void> {
    const giveUpAt = Date.now() + LAST_FRAME_MS;
    while (this.frames().length < this.#frames.size && Date.now() < giveUpAt) await setTimeout(LOOK_EVERY_MS);
  }

  /** Of frames that did not get everywhere, and sockets that were closed. */
  lost(): { readonly frames: number; readonly sockets: number } {
    return { frames: this.#frames.size - this.frames().length, sockets: this.#closed };
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }

  #join(socket: WebSocket): Promise<void> {
    socket.addEventListener("message", ({ data }) => this.#see(String(data)));
    this.#sockets.push(socket);
    return new Promise((resolve, reject) => {
      socket.addEventListener("open", () => resolve(), { once: true });
      socket.addEventListener("error", () => reject(new Error("a socket of the crowd could not be opened")));
      socket.addEventListener("close", () => {
        this.#closed += 1;
      });
    });
  }

  #see(text: string): void {
    const [, seq, sentAt, newest] = SEQ.exec(text.slice(0, HEAD_CHARS)) ?? [];
    // A snapshot is for one socket.
    if (seq === undefined || !text.startsWith('{"type":"delta"')) return;
    const known = this.#frames.get(Number(seq));
    this.#frames.set(Number(seq), {
      seq: Number(seq),
      sentAt: Number(sentAt),
      newestReceivedAt: newest === undefined ? undefined : Number(newest),
      bytes: text.length,
      sockets: (known?.sockets ?? 0) + 1,
      lastAt: nowMs(),
    });
  }
}
