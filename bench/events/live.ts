import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import { LIVE_PROTOCOL } from "../../src/domain/live.ts";

const LAST_FRAME_MS = 10_000;
const LOOK_EVERY_MS = 20;

/** A socket that says nothing for a minute is closed. */
const PING_EVERY_MS = 10_000;

const moneySchema = z.object({ amount: z.int(), currency: z.string() });
const totalsSchema = z.object({
  revenue: z.object({ today: moneySchema }),
  orders: z.object({ today: z.int() }),
});
const freshnessSchema = z.object({
  event_to_frame_ms: z.object({ p50: z.number(), p99: z.number(), count: z.number() }).nullable(),
});
const boardPart = z.object({
  ledger: z.object({ received: z.int() }).optional(),
  totals: totalsSchema.optional(),
  freshness: freshnessSchema.optional(),
});
const frameSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("snapshot"), seq: z.int(), board: boardPart }),
  z.object({
    type: z.literal("delta"),
    seq: z.int(),
    change: boardPart,
    newest_received_at: z.number().optional(),
  }),
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

/** A socket of the live board, not open yet. */
export function liveSocket(origin: string, key: string): WebSocket {
  const bearer = `bearer.${Buffer.from(key).toString("base64url")}`;
  return new WebSocket(`${origin.replace(/^http/, "ws")}/admin/v1/live`, [LIVE_PROTOCOL, bearer]);
}

/** A console, as far as its socket goes. */
export class LiveView {
  readonly frames: SeenFrame[] = [];
  /** As the last frames told them. */
  totals: z.infer<typeof totalsSchema> | undefined;
  freshness: z.infer<typeof freshnessSchema> | undefined;
  readonly #socket: WebSocket;
  readonly #pings: NodeJS.Timeout;
  #seq = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#see(String(data)));
    this.#pings = setInterval(() => this.#ping(), PING_EVERY_MS).unref();
  }

  /** Answers once the first snapshot is in. */
  static async open(origin: string, key: string): Promise<LiveView> {
    const socket = liveSocket(origin, key);
    const view = new LiveView(socket);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("message", () => resolve(), { once: true });
      socket.addEventListener("close", ({ code }) => reject(new Error(`the live socket was closed with ${code}`)));
      socket.addEventListener("error", () => reject(new Error(`there is no live socket at ${socket.url}`)));
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
    clearInterval(this.#pings);
    this.#socket.close();
  }

  #ping(): void {
    if (this.isOpen) this.#socket.send(JSON.stringify({ type: "ping", at: nowMs(), seen: this.#seq }));
  }

  #see(text: string): void {
    const at = nowMs();
    const frame = frameSchema.parse(JSON.parse(text));
    if (frame.type === "pong") return;
    const { ledger, totals, freshness } = frame.type === "snapshot" ? frame.board : frame.change;
    this.#seq = frame.seq;
    this.totals = totals ?? this.totals;
    this.freshness = freshness ?? this.freshness;
    const newestReceivedAt = frame.type === "delta" ? frame.newest_received_at : undefined;
    this.frames.push({ at, bytes: text.length, received: ledger?.received ?? this.received, newestReceivedAt });
  }
}
