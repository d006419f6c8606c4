import { metered } from "../platform/metered.ts";
import { problemResponse } from "../platform/problem.ts";
import { consumeEvents } from "./consumer.ts";
import { Ingest } from "./ingest/ingest.ts";
import { routeOf } from "./ingest/routes.ts";

const ingest = new Ingest();

/** Takes in shopper events over HTTP, takes them and the shop's facts to the objects that count them, and mirrors stock levels. */
export default metered({ home: "analytics" }, {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    const { pathname } = url;
    const route = routeOf(pathname);
    if (route !== undefined) return ingest.fetch(request, env, ctx, { url, route });
    if (pathname === "/healthz") return Response.json({ status: "ok" });
    return problemResponse(404, "not_found", "Not found", `There is nothing at ${pathname}.`, { instance: pathname });
  },
  queue: (batch, env) => consumeEvents(batch, env),
} satisfies ExportedHandler<AnalyticsEnv>);
