import { vi } from "vitest";
import { EventShard } from "../../durable-objects/event-shard/event-shard.ts";
import type { LiveBoard } from "../../durable-objects/live-board/live-board.ts";
import { ProductMetrics } from "../../durable-objects/product-metrics/product-metrics.ts";
import { applyChange } from "../../src/domain/board/change.ts";
import type { ShardSummary, SliceSummary } from "../../src/domain/events/summary.ts";
import type { Board, LiveFrame, LiveRequest } from "../../src/domain/live.ts";
import { countsOf, shardSummary, sliceSummary } from "./board-summaries.ts";
import { env } from "./objects.ts";

/** What the sources tell, as the test says. The real ones have tests of their own; here it is about what the board makes of their answers. */
export const sources = {
  views: 0,
  /** Of the views. It stays while a test runs: a board keeps what it was told of another minute. */
  minute: 0,
  version: 0,
  asks: 0,
  receipts: [] as ShardSummary["receipts"],
  /** `object` is which of the shards it is: the same one in every ask. */
  shard: (summary: ShardSummary, _object: object): ShardSummary | Promise<ShardSummary> => summary,
  slice: (_summary: SliceSummary): SliceSummary | Promise<SliceSummary> => _summary,
};

const minuteNow = (): number => Math.floor(Date.now() / 60_000);

export function scriptSources(): void {
  const counts = { views: 0, minute: minuteNow(), version: 0, asks: 0, receipts: [] };
  Object.assign(sources, { ...counts, shard: <T>(s: T) => s, slice: <T>(s: T) => s });
  vi.spyOn(EventShard.prototype, "summary").mockImplementation(function summary(this: EventShard) {
    sources.asks++;
    sources.version++;
    const counts = [countsOf(sources.minute, { views: sources.views })];
    const { version, receipts } = sources;
    sources.receipts = [];
    // SAFETY: RPC awaits what a method returns, so a promise is an answer as well.
    return sources.shard(shardSummary({ life: "x", version, counts, receipts }), this) as ShardSummary;
  });
  vi.spyOn(ProductMetrics.prototype, "summary").mockImplementation(() => {
    sources.version++;
    // SAFETY: as above.
    return sources.slice(sliceSummary({ life: "x", version: sources.version })) as SliceSummary;
  });
}

/** Boards go on ticking while they are watched, and would take the answers that the next test scripts. */
export async function leaveAll(): Promise<void> {
  const leaving = Watcher.opened.splice(0).filter(({ closed }) => !closed);
  for (const watcher of leaving) watcher.close();
  await Promise.all(leaving.map((watcher) => watcher.ended()));
}

export type BoardStub = DurableObjectStub<LiveBoard>;
export const newBoard = (): BoardStub => env.LIVE_BOARD.getByName(crypto.randomUUID());

type Frame = Exclude<LiveFrame, { type: "pong" }>;

/** A page that watches. It keeps every frame; `confirm` tells the board that it has seen them. */
export class Watcher {
  static readonly opened: Watcher[] = [];
  readonly frames: Frame[] = [];
  readonly texts: string[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const text = String(data);
      this.texts.push(text);
      if (text === "pong") return;
      // SAFETY: what a board sends is a frame.
      const frame = JSON.parse(text) as LiveFrame;
      if (frame.type !== "pong") this.frames.push(frame);
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
    });
    socket.addEventListener("error", () => {
      this.closed ??= { code: 1006, reason: "" };
    });
    socket.accept();
    Watcher.opened.push(this);
  }

  static async open(board: BoardStub, headers: Readonly<Record<string, string>> = {}): Promise<Watcher> {
    const answer = await board.fetch("http://board/", { headers: { upgrade: "websocket", ...headers } });
    if (!answer.webSocket) throw new Error(`no socket: ${answer.status}`);
    return new Watcher(answer.webSocket);
  }

  send(request: LiveRequest | string | ArrayBuffer): void {
    const isRaw = typeof request === "string" || request instanceof ArrayBuffer;
    this.#socket.send(isRaw ? request : JSON.stringify(request));
  }

  close(): void {
    this.#socket.close(1000, "done");
  }

  /** The frame after the ones that are here now, if `test` holds for it. */
  async next(test: (frame: Frame) => boolean = () => true, timeout = 5_000): Promise<Frame> {
    const from = this.frames.length;
    return vi.waitFor(
      () => {
        const frame = this.frames.slice(from).find(test);
        if (!frame) throw new Error(`no such frame: ${JSON.stringify(this.frames.slice(from).map(({ seq }) => seq))}`);
        return frame;
      },
      { timeout, interval: 10 },
    );
  }

  async first(): Promise<Frame> {
    return this.frames[0] ?? this.next();
  }

  async ended(timeout = 5_000): Promise<number> {
    return vi.waitFor(
      () => {
        if (!this.closed) throw new Error("still open");
        return this.closed.code;
      },
      { timeout, interval: 10 },
    );
  }
}

/** The board that a page has on its screen after all frames that it got. */
export function screenOf(watcher: Watcher): Board {
  let board: Board | undefined;
  for (const frame of watcher.frames) {
    if (frame.type === "snapshot") ({ board } = frame);
    else if (board) board = applyChange(board, frame.change);
  }
  if (!board) throw new Error("no snapshot yet");
  return board;
}
