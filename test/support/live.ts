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
  static async open(shop: string, key: string, origin?: string): Promise<LiveClient> {
    const url = new URL("/admin/v1/live", shop.replace(/^http/, "ws"));
    const protocols = [LIVE_PROTOCOL, `bearer.${Buffer.from(key).toString("base64url")}`];
    const headers = origin === undefined ? {} : { origin };
    // SAFETY: Node's WebSocket takes headers as well, as its documentation says; the DOM's type does not know them.
    const socket = Reflect.construct(WebSocket, [url, { protocols, headers }]) as WebSocket;
    const client = new LiveClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => {
        // The local runtime delivers no close frame to a client of whom it has heard nothing.
        client.send({ type: "ping", at: Date.now() });
        resolve();
      });
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

  /** Waits until the board on the screen is as it should be. */
  async shows(test: (board: Board) => boolean): Promise<Board> {
    await until(
      () => Promise.resolve(this.board),
      (board) => board !== undefined && test(board),
    );
    if (!this.board) throw new Error("no board");
    return this.board;
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
