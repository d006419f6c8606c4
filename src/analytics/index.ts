import { problemResponse } from "../platform/problem.ts";
import { consumeFacts } from "./consumer.ts";

/** Counts the shop's facts and mirrors its stock levels. Over HTTP it only says that it is there. */
export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/healthz") return Response.json({ status: "ok" });
    return problemResponse(404, "not_found", "Not found", `There is nothing at ${pathname}.`, { instance: pathname });
  },
  queue: consumeFacts,
} satisfies ExportedHandler<AnalyticsEnv>;
