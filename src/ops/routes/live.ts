import { Hono } from "hono";
import { type ConsoleSession, LIVE_PROTOCOL } from "../../domain/live.ts";
import { problemResponse } from "../../platform/problem.ts";
import { isOwnOrigin } from "../access/origin.ts";
import { offeredProtocols } from "../access/subprotocol.ts";
import { boardOf } from "../analytics/board.ts";
import { extraOf, type OpsBindings, problem, time } from "../context.ts";

export const liveRoutes = new Hono<OpsBindings>();

/** The live socket. A browser lets any page open one to anywhere, cookies included, so the page's origin is checked here. */
liveRoutes.get("/live", async (c) => {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    const detail = "This is a WebSocket; send `Upgrade: websocket`.";
    return problemResponse(426, "upgrade_required", "Upgrade required", detail, extraOf(c), { upgrade: "websocket" });
  }
  if (!isOwnOrigin(c)) {
    const detail = "Pages of this origin may not watch; CONSOLE_ORIGINS lists those that may.";
    return problem(c, 403, "origin_not_allowed", "Origin not allowed", detail);
  }
  const offered = offeredProtocols(c);
  if (offered.length > 0 && !offered.includes(LIVE_PROTOCOL)) {
    return problem(c, 400, "unknown_subprotocol", "Unknown subprotocol", `Offer the subprotocol ${LIVE_PROTOCOL}.`);
  }
  const { id, expiresAt } = c.get("actor");
  const headers = new Headers({ upgrade: "websocket", "x-breakwater-actor": encodeURIComponent(id) });
  if (expiresAt !== null) headers.set("x-breakwater-expires-at", String(expiresAt));
  if (offered.length > 0) headers.set("sec-websocket-protocol", LIVE_PROTOCOL);
  const answer = await boardOf(c.env).fetch("https://board/live", { headers });
  // A copy, because the headers of an answer of another Worker cannot be added to.
  return new Response(null, { status: answer.status, headers: answer.headers, webSocket: answer.webSocket });
});

/** Who the console is, so that it shows what this person may see. */
liveRoutes.get("/session", (c) => {
  const { id, name, via, scopes, expiresAt } = c.get("actor");
  const session = { id, name, via, scopes, ...(expiresAt !== null && { expires_at: time(expiresAt) }) };
  return c.json(session satisfies ConsoleSession);
});
