import { LIVE_PROTOCOL, type LiveFrame, type LiveRequest } from "../../src/domain/live.ts";

export interface SocketEvents {
  opened(): void;
  frame(frame: LiveFrame): void;
  /** Called once, whether it was ever open or not. */
  closed(ended: { readonly wasOpen: boolean; readonly code: number }): void;
}

export interface LiveSocket {
  send(request: LiveRequest): void;
  /** The bare text that keeps a paused socket open without waking the board. */
  keepAlive(): void;
  close(): void;
}

/** One try at the live stream of this very shop. With Cloudflare Access there is no key: the browser sends its cookie by itself. */
export function openSocket(key: string | undefined, events: SocketEvents): LiveSocket {
  const url = new URL("/admin/v1/live", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const socket = new WebSocket(url, key === undefined ? [LIVE_PROTOCOL] : [LIVE_PROTOCOL, `bearer.${base64url(key)}`]);
  let wasOpen = false;
  const send = (text: string): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(text);
  };
  socket.addEventListener("open", () => {
    wasOpen = true;
    events.opened();
  });
  socket.addEventListener("message", ({ data }: MessageEvent<string>) => {
    // SAFETY: our own board's frames; it is the same contract that it compiles against.
    if (data.startsWith("{")) events.frame(JSON.parse(data) as LiveFrame);
  });
  socket.addEventListener("close", ({ code }) => events.closed({ wasOpen, code }), { once: true });
  return {
    send: (request) => send(JSON.stringify(request)),
    keepAlive: () => send("ping"),
    close: () => socket.close(),
  };
}

/** A subprotocol may hold no `+`, `/` or `=` that every proxy lets through, hence RFC 4648, section 5. */
function base64url(text: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
