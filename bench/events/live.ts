import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import { LIVE_PROTOCOL } from "../../src/domain/live.ts";

const LAST_FRAME_MS = 10_000;
const LOOK_EVERY_MS = 20;

const boardPart = z.object({ ledger: z.object({ received: z.int() }).optional() });
const frameSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("snapshot"), board: boardPart }),
  z.object({ type: z.literal("delta"), change: boardPart, newest_received_at: z.number().optional() }),
  z.object({ type: z.literal("pong") }),
]);

/** A frame that came in. Times in UTC ms, with fractions. */
export interface SeenFrame {
  readonly at: number;
  readonly bytes: number;
  /** Events that the board counts as received from here on. */
  readonly received: number;
  /** Of the newest event that it is the first to show. */
  readonly newestReceivedAt: number | undefined;
}

export const nowMs = (): number => performance.timeOrigin + performance.now();

/** A console, as far as its socket goes. */
export class LiveView {
  readonly frames: SeenFrame[] = [];
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#see(String(data)));
  }

  /** Answers once the first snapshot is in. */
  static async open(origin: string, key: string): Promise<LiveView> {
    const url = `${origin.replace(/^http/, "ws")}/admin/v1/live`;
    const bearer = `bearer.${Buffer.from(key).toString("base64url")}`;
    const socket = new WebSocket(url, [LIVE_PROTOCOL, bearer]);
    const view = new LiveView(socket);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("message", () => resolve(), { once: true });
      socket.addEventListener("close", ({ code }) => reject(new Error(`the live socket was closed with ${code}`)));
      socket.addEventListener("error", () => reject(new Error(`there is no live socket at ${url}`)));
    });
    return view;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  get received(): number {
    return this.frames.at(-1)?.received ?? 0;
  }

  /** Waits for a frame that counts so many events; for a while, because what is missing at the end is a finding and not an error. */
  async until(received: number): Promise<void> {
    const giveUpAt = Date.now() + LAST_FRAME_MS;
    while (this.received < received && Date.now() < giveUpAt) await setTimeout(LOOK_EVERY_MS);
  }

  close(): void {
    this.#socket.close();
  }

  #see(text: string): void {
    const at = nowMs();
    const frame = frameSchema.parse(JSON.parse(text));
    if (frame.type === "pong") return;
    const { ledger } = frame.type === "snapshot" ? frame.board : frame.change;
    const newestReceivedAt = frame.type === "delta" ? frame.newest_received_at : undefined;
    this.frames.push({ at, bytes: text.length, received: ledger?.received ?? this.received, newestReceivedAt });
  }
}
