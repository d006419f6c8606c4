import { problemResponse } from "../platform/problem.ts";
import { consumeEvents } from "./consumer.ts";

/** Takes shopper events and the shop's facts to the objects that count them, and mirrors stock levels. Over HTTP it only says that it is there. */
export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/healthz") return Response.json({ status: "ok" });
    return problemResponse(404, "not_found", "Not found", `There is nothing at ${pathname}.`, { instance: pathname });
  },
  queue: (batch, env) => consumeEvents(batch, env),
} satisfies ExportedHandler<AnalyticsEnv>;
