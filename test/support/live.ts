import { applyChange } from "../../src/domain/board/change.ts";
import { type Board, LIVE_PROTOCOL, type LiveFrame, type LiveRequest } from "../../src/domain/live.ts";
import { until } from "./client.ts";

const CONFIRM_MS = 2_000;

/** A console as far as the socket goes: keeps the board that frames add up to, and confirms what it has seen. */
export class LiveClient {
  readonly frames: Exclude<LiveFrame, { type: "pong" }>[] = [];
  board: Board | undefined;
  closed: number | undefined;
  /** Why the board is not to be trusted, or nothing. */
  gap: string | undefined;
  readonly #socket: WebSocket;
  readonly #timer: ReturnType<typeof setInterval>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(JSON.parse(String(data)) as LiveFrame));
    this.#timer = setInterval(() => this.send({ type: "ping", at: Date.now(), seen: this.#seq }), CONFIRM_MS);
  }

  /** As a browser does it, with the key in the subprotocol. */
  static async open(origin: string, key: string): Promise<LiveClient> {
    const url = new URL("/admin/v1/live", origin.replace(/^http/, "ws"));
    const socket = new WebSocket(url, [LIVE_PROTOCOL, `bearer.${Buffer.from(key).toString("base64url")}`]);
    const client = new LiveClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => resolve());
      socket.addEventListener("error", () => reject(new Error("the socket was refused")));
      socket.addEventListener("close", ({ code }) => {
        client.closed = code;
        clearInterval(client.#timer);
        reject(new Error(`the socket was closed: ${code}`));
      });
    });
    return client;
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  send(request: LiveRequest): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(request));
  }

  async shows(what: string, test: (board: Board) => boolean): Promise<Board> {
    return until(
      () => Promise.resolve(this.board),
      (board) => board !== undefined && test(board),
      what,
    ).then((board) => board as Board);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }

  get #seq(): number {
    return this.frames.at(-1)?.seq ?? 0;
  }

  #take(frame: LiveFrame): void {
    if (frame.type === "pong") return;
    const before = this.frames.at(-1);
    if (frame.type === "delta" && (before?.epoch !== frame.epoch || before.seq + 1 !== frame.seq)) {
      this.gap = `${before?.epoch} ${before?.seq} -> ${frame.epoch} ${frame.seq}`;
    }
    this.frames.push(frame);
    if (frame.type === "snapshot") this.board = frame.board;
    else if (this.board) this.board = applyChange(this.board, frame.change);
  }
}
