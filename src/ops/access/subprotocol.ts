import type { OpsContext } from "../context.ts";

const BEARER = "bearer.";
const OFFER_CHARS = 1_024;

/** The one path behind which a connection stays open. */
export const isLiveSocket = (c: OpsContext): boolean => c.req.path === "/admin/v1/live";

/** The subprotocols that the client offers for its WebSocket (RFC 6455, section 4.1). */
export const offeredProtocols = (c: OpsContext): readonly string[] =>
  (c.req.header("sec-websocket-protocol") ?? "")
    .slice(0, OFFER_CHARS)
    .split(",")
    .map((text) => text.trim())
    .filter((text) => text !== "");

/** A browser cannot send headers with a WebSocket, so it offers its key as a subprotocol, in base64url. Nowhere else is that a key. */
export function offeredKey(c: OpsContext): string | undefined {
  if (!isLiveSocket(c)) return undefined;
  const offer = offeredProtocols(c).find((text) => text.startsWith(BEARER));
  if (offer === undefined) return undefined;
  try {
    return atob(offer.slice(BEARER.length).replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return undefined;
  }
}
