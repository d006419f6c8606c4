import * as z from "zod";
import { DURATION_MS, LIMITS } from "../../src/domain/limits.ts";
import { LIVE_CLOSE, type LiveRequest } from "../../src/domain/live.ts";
import { log } from "../../src/platform/log.ts";

/** Who watches. Travels with the socket through hibernation. */
export interface Viewer {
  /** The id of the key or person that opened the socket. */
  readonly actor: string;
  /** When what let it in ends, UTC ms. */
  readonly expiresAt: number | null;
}

type Attachment = Viewer & { readonly paused: boolean };

/** Why somebody gets no place. */
interface Refusal {
  readonly why: keyof typeof LIVE_CLOSE;
  readonly reason: string;
}

const REVOKED: Refusal = { why: "expired", reason: "What let you in was revoked." };
/** Somebody who was let in just before what lets them in was revoked may get here just after it. */
const REFUSED_MS = 10_000;
const REFUSED_KEPT = 1_000;

interface Flow {
  heardAt: number;
  /** Frames that the client has not said to have seen; the platform does not tell how much of them is still buffered. */
  unseen: { readonly seq: number; readonly chars: number }[];
  unseenChars: number;
  /** Requests since `second`. */
  second: number;
  requests: number;
}

export const liveRequestSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("snapshot") }),
  z.object({ type: z.literal("ping"), at: z.number(), seen: z.int().min(0).optional() }),
  z.object({ type: z.literal("pause") }),
  z.object({ type: z.literal("resume") }),
]) satisfies z.ZodType<LiveRequest>;

const tagOf = (actor: string): string => `actor:${actor}`.slice(0, 256);

/** The open sockets: whom to send frames, who is too slow, and who has gone silent. */
export class Audience {
  readonly #ctx: DurableObjectState;
  /** What is only worth knowing while awake. */
  readonly #flows = new WeakMap<WebSocket, Flow>();
  /** Who was dismissed a moment ago, and until when they are refused, UTC ms. A clock that is put back makes that longer, which keeps out nobody who may come in. */
  readonly #refusedUntil = new Map<string, number>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    // Lets a page that nobody looks at keep its connection without waking the board.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** Nothing when there is a place. */
  refusalOf({ actor }: Viewer, now: number): Refusal | undefined {
    if ((this.#refusedUntil.get(actor) ?? 0) > now) return REVOKED;
    const isFull = this.#ctx.getWebSockets().filter(isOpen).length >= LIMITS.liveSockets;
    return isFull ? { why: "full", reason: `All ${LIMITS.liveSockets} places are taken.` } : undefined;
  }

  accept(socket: WebSocket, viewer: Viewer): void {
    this.#ctx.acceptWebSocket(socket, [tagOf(viewer.actor)]);
    socket.serializeAttachment({ ...viewer, paused: false } satisfies Attachment);
  }

  watching(): WebSocket[] {
    return this.#ctx.getWebSockets().filter((socket) => isOpen(socket) && !isPaused(socket));
  }

  pause(socket: WebSocket, paused: boolean): void {
    socket.serializeAttachment({ ...attachmentOf(socket), paused } satisfies Attachment);
    const flow = this.#flow(socket, Date.now());
    if (paused) flow.unseen = [];
    if (paused) flow.unseenChars = 0;
  }

  /** Closes what has said nothing for a minute, and whoever may no longer watch. */
  dismiss(now: number): void {
    for (const socket of this.watching()) {
      const answeredAt = this.#ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
      const isSilent = Math.max(this.#flow(socket, now).heardAt, answeredAt) < now - DURATION_MS.liveSilence;
      if (this.#closeExpired(socket, now)) continue;
      if (isSilent) close(socket, "silent", "Nothing was heard for a minute.");
    }
  }

  /** Of a key that was revoked, or a person who may no longer watch: what is open is closed, and what is still on its way is refused. */
  closeAllOf(actor: string, now: number): void {
    for (const [each, until] of this.#refusedUntil) if (until <= now) this.#refusedUntil.delete(each);
    this.#refusedUntil.delete(actor);
    this.#refusedUntil.set(actor, now + REFUSED_MS);
    // A Map iterates in order of insertion, so the first is the oldest.
    const [oldest] = this.#refusedUntil.keys();
    if (this.#refusedUntil.size > REFUSED_KEPT && oldest !== undefined) this.#refusedUntil.delete(oldest);
    for (const socket of this.#ctx.getWebSockets(tagOf(actor))) close(socket, REVOKED.why, REVOKED.reason);
  }

  /** Sends a frame, unless the socket is so far behind that it is closed instead: what is not read must not pile up here. */
  send(socket: WebSocket, seq: number, text: string): void {
    const flow = this.#flow(socket, Date.now());
    if (flow.unseenChars > LIMITS.liveUnseenChars) {
      close(socket, "tooSlow", "Too much was sent that you have not confirmed.");
      return;
    }
    flow.unseen.push({ seq, chars: text.length });
    flow.unseenChars += text.length;
    deliver(socket, text);
  }

  /** What the client asks; nothing when it was closed for asking it. */
  read(socket: WebSocket, message: string | ArrayBuffer, now: number): LiveRequest | undefined {
    const flow = this.#flow(socket, now);
    flow.heardAt = now;
    const second = Math.floor(now / 1_000);
    flow.requests = flow.second === second ? flow.requests + 1 : 1;
    flow.second = second;
    if (flow.requests > LIMITS.liveRequestsPerSecond) {
      close(socket, "tooManyRequests", `At most ${LIMITS.liveRequestsPerSecond} messages per second.`);
      return undefined;
    }
    // Who has paused is not looked after by `dismiss`, and must not be shown anything by asking.
    if (this.#closeExpired(socket, now)) return undefined;
    const request = typeof message === "string" ? parse(message) : undefined;
    if (!request) close(socket, "badRequest", "That is not a request of breakwater.live.v1.");
    if (request?.type === "ping") confirm(flow, request.seen ?? -1);
    return request;
  }

  #closeExpired(socket: WebSocket, now: number): boolean {
    const { expiresAt } = attachmentOf(socket);
    if (expiresAt === null || expiresAt > now) return false;
    close(socket, "expired", "What let you in has expired.");
    return true;
  }

  #flow(socket: WebSocket, now: number): Flow {
    const kept = this.#flows.get(socket);
    if (kept) return kept;
    const made = { heardAt: now, unseen: [], unseenChars: 0, second: 0, requests: 0 };
    this.#flows.set(socket, made);
    return made;
  }
}

// SAFETY: every socket was accepted by `accept`, which attaches this.
const attachmentOf = (socket: WebSocket): Attachment => socket.deserializeAttachment() as Attachment;
/** One that was closed here is listed until its client has closed as well. */
const isOpen = (socket: WebSocket): boolean => socket.readyState === WebSocket.OPEN;
export const isPaused = (socket: WebSocket): boolean => attachmentOf(socket).paused;

function confirm(flow: Flow, seen: number): void {
  flow.unseen = flow.unseen.filter(({ seq }) => seq > seen);
  flow.unseenChars = flow.unseen.reduce((sum, { chars }) => sum + chars, 0);
}

function parse(text: string): LiveRequest | undefined {
  if (text.length > LIMITS.liveRequestChars) return undefined;
  try {
    return liveRequestSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** A socket that broke a moment ago is told of by the platform; until then sending to it throws. */
export function deliver(socket: WebSocket, text: string): void {
  try {
    socket.send(text);
  } catch (error) {
    log("info", "live_socket_broken", { error: String(error) });
  }
}

export function close(socket: WebSocket, why: keyof typeof LIVE_CLOSE, reason: string): void {
  log("info", "live_socket_closed", { code: LIVE_CLOSE[why], reason });
  try {
    socket.close(LIVE_CLOSE[why], reason);
  } catch (error) {
    log("info", "live_socket_broken", { error: String(error) });
  }
}
