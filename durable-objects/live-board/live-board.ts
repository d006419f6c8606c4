import { ageMs } from "../../src/domain/age.ts";
import type { ShopFigures } from "../../src/domain/alerts/figures.ts";
import { diffBoards } from "../../src/domain/board/change.ts";
import type { ProductListQuery } from "../../src/domain/board/list.ts";
import { type Board, LIVE_PROTOCOL, type LiveFrame } from "../../src/domain/live.ts";
import { unreachable } from "../../src/domain/result.ts";
import { log } from "../../src/platform/log.ts";
import { meter } from "../../src/platform/meter.ts";
import { OperationsObject } from "../metered-object.ts";
import { Audience, close, deliver, isPaused, type Viewer } from "./audience.ts";
import { FrameLatency } from "./frame-latency.ts";
import { BoardReader, type DetailReply, type LedgerReply, type ProductsReply } from "./reader.ts";

/** From the end of one tick to the beginning of the next. */
const TICK_MS = 400;
/** A frame without changes says that the board is alive. */
const HEARTBEAT_MS = 5_000;
const POINT_MS = 10_000;

/**
 * The one board of a shop. It stores nothing: whatever it shows is asked of the shards and slices, while somebody watches or asks, and
 * only then is a timer pending. Everybody who watches gets the same frames. See docs/decisions/0012.
 */
export class LiveBoard extends OperationsObject {
  /** Names this life of the object, in which `seq` counts. */
  readonly #epoch = crypto.randomUUID();
  readonly #audience: Audience;
  readonly #reader: BoardReader;
  readonly #latency = new FrameLatency();
  /** Who has had a snapshot and follows the changes. */
  #following = new WeakSet<WebSocket>();
  #seq = 0;
  /** What everybody who follows has on the screen; nothing while nobody watches. */
  #shown: Board | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isTicking = false;
  #sentAt = 0;
  #pointAt = 0;

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    this.#audience = new Audience(ctx);
    this.#reader = new BoardReader(env);
    // Woken from hibernation: whoever watched goes on watching.
    this.#watch();
  }

  /** The upgrade to a WebSocket. Whether the caller may watch was decided by ops, the only one who can get here. */
  override fetch(request: Request): Response {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return new Response(null, { status: 426 });
    const { 0: client, 1: server } = new WebSocketPair();
    const viewer = viewerOf(request.headers);
    const refusal = this.#audience.refusalOf(viewer, Date.now());
    if (refusal) {
      server.accept();
      close(server, refusal.why, refusal.reason);
    } else {
      this.#audience.accept(server, viewer);
      this.#greet(server);
    }
    const offered = request.headers.get("sec-websocket-protocol") !== null;
    const headers = offered ? { "sec-websocket-protocol": LIVE_PROTOCOL } : {};
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  async snapshot(): Promise<Board> {
    await this.#reader.pull();
    return this.#board(Date.now());
  }

  ledger(): Promise<LedgerReply> {
    return this.#reader.ledger();
  }

  products(query: ProductListQuery): Promise<ProductsReply> {
    return this.#reader.products(query);
  }

  product(sku: string): Promise<DetailReply> {
    return this.#reader.product(sku);
  }

  /** What alert rules watch; null when not everything could be asked. */
  async figures(): Promise<ShopFigures | null> {
    return (await this.#reader.figures(this.#latency.figures(Date.now()))) ?? null;
  }

  /** Alerts have changed: whoever watches sees it now, and not with the next tick. */
  async nudge(): Promise<void> {
    this.#reader.forgetAlerts();
    if (this.#shown === undefined) return;
    await this.#reader.pullAlerts();
    if (this.#shown !== undefined) this.#broadcast(Date.now());
  }

  /** Closes the sockets of a key that may no longer watch, and takes none of it that comes in the next seconds. */
  dismiss(actor: string): void {
    this.#audience.closeAllOf(actor, Date.now());
    this.#watch();
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const now = Date.now();
    const request = this.#audience.read(socket, message, now);
    if (!request) return this.#watch();
    switch (request.type) {
      case "ping":
        deliver(socket, JSON.stringify({ type: "pong", at: request.at, sent_at: now } satisfies LiveFrame));
        return this.#watch();
      case "pause":
        this.#audience.pause(socket, true);
        return this.#watch();
      case "resume":
        this.#audience.pause(socket, false);
        return this.#greet(socket);
      case "snapshot":
        return this.#greet(socket);
      default:
        return unreachable(request);
    }
  }

  /** The closing handshake is ours to end. */
  override webSocketClose(socket: WebSocket): void {
    socket.close();
    this.#watch();
  }

  override webSocketError(_socket: WebSocket, error: unknown): void {
    log("info", "live_socket_broken", { error: String(error) });
    this.#watch();
  }

  /** A snapshot at once when there is one that is kept up to date, else with the next tick. */
  #greet(socket: WebSocket): void {
    this.#following.delete(socket);
    const isCurrent = this.#timer !== undefined || this.#isTicking;
    if (this.#shown && isCurrent && !isPaused(socket)) this.#sendSnapshot(socket, this.#shown);
    this.#watch();
  }

  /** Ticks while somebody watches; when nobody does, no timer stays behind to keep the object awake (pitfall 25). */
  #watch(): void {
    const isWatched = this.#audience.watching().length > 0;
    if (!isWatched) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#shown = undefined;
      return;
    }
    if (this.#timer === undefined && !this.#isTicking) this.#schedule(0);
  }

  #schedule(ms: number): void {
    // Awake all the while: a timer that is pending keeps the object from hibernating.
    meter.add("operations.objectMs", ms);
    this.#timer = setTimeout(() => this.ctx.waitUntil(this.#tick()), ms);
  }

  async #tick(): Promise<void> {
    this.#timer = undefined;
    this.#isTicking = true;
    const startedAt = Date.now();
    try {
      await this.#reader.pull();
      this.#audience.dismiss(Date.now());
      this.#broadcast(Date.now());
    } catch (error) {
      log("error", "board_tick_failed", { error: String(error) });
    }
    this.#isTicking = false;
    meter.add("operations.objectMs", Date.now() - startedAt);
    if (this.#audience.watching().length > 0) this.#schedule(TICK_MS);
    else this.#watch();
  }

  #broadcast(now: number): void {
    const watching = this.#audience.watching();
    if (watching.length === 0) return;
    const receipts = this.#reader.takeReceipts();
    // What was folded before anybody watched waited for a viewer and not for us.
    if (this.#shown) for (const { receivedAt, events } of receipts) this.#latency.add(now - receivedAt, events, now);
    const board = this.#board(now);
    const before = this.#shown;
    const change = before && diffBoards(before, board);
    this.#shown = board;
    if (before && !change) this.#following = new WeakSet();
    const isNews = change === undefined || Object.keys(change).length > 0 || ageMs(this.#sentAt, now) >= HEARTBEAT_MS;
    if (isNews) {
      this.#seq++;
      this.#sentAt = now;
    }
    const newest = receipts.reduce((latest, { receivedAt }) => Math.max(latest, receivedAt), 0);
    const text = JSON.stringify({
      type: "delta",
      epoch: this.#epoch,
      seq: this.#seq,
      sent_at: now,
      ...(newest > 0 && { newest_received_at: newest }),
      change: change ?? {},
    } satisfies LiveFrame);
    for (const socket of watching) {
      if (!this.#following.has(socket)) this.#sendSnapshot(socket, board);
      else if (isNews) this.#audience.send(socket, this.#seq, text);
    }
    this.#writePoint(board, watching.length, text.length, now);
  }

  #sendSnapshot(socket: WebSocket, board: Board): void {
    this.#following.add(socket);
    const [epoch, seq] = [this.#epoch, this.#seq];
    const frame: LiveFrame = { type: "snapshot", epoch, seq, sent_at: Date.now(), board };
    this.#audience.send(socket, seq, JSON.stringify(frame));
  }

  #board(now: number): Board {
    return this.#reader.board(now, this.#latency.figures(now));
  }

  #writePoint({ freshness }: Board, sockets: number, frameChars: number, now: number): void {
    if (ageMs(this.#pointAt, now) < POINT_MS) return;
    this.#pointAt = now;
    const { p50 = 0, p99 = 0, count = 0 } = freshness.event_to_frame_ms ?? {};
    this.env.BOARD_POINTS.writeDataPoint({
      indexes: ["board"],
      doubles: [p50, p99, count, freshness.behind_ms, sockets, frameChars],
    });
  }
}

/** Written by ops, which sends a request of its own: no header of the caller's gets here. */
function viewerOf(headers: Headers): Viewer {
  const expiresAt = headers.get("x-breakwater-expires-at");
  return {
    actor: decodeURIComponent(headers.get("x-breakwater-actor") ?? "unknown"),
    expiresAt: expiresAt === null ? null : Number(expiresAt),
  };
}
