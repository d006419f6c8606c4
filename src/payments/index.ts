import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { LIMITS } from "../domain/limits.ts";
import { log } from "../platform/log.ts";
import { problemResponse } from "../platform/problem.ts";
import { requestIdOf } from "../platform/http.ts";
import { consumePayments } from "./consumer.ts";
import { paymentContext } from "./context.ts";
import { receiveWebhook } from "./webhook.ts";

type App = { Bindings: PaymentsEnv; Variables: { requestId: string } };

export const app = new Hono<App>();

app.use(async function nameRequest(c, next) {
  c.set("requestId", requestIdOf(c.req.raw.headers));
  await next();
});

app.get("/healthz", (c) => c.json({ status: "ok" }));

const limitWebhook = bodyLimit({
  maxSize: LIMITS.webhookBytes,
  onError: (c) =>
    problemResponse(
      413,
      "body_too_large",
      "The body is too large",
      `A webhook may have at most ${LIMITS.webhookBytes} bytes.`,
      { instance: c.req.path, request_id: c.get("requestId"), limit: LIMITS.webhookBytes },
    ),
});

app.post("/webhooks/stripe", limitWebhook, async (c) => {
  const call = {
    body: await c.req.text(),
    headers: c.req.raw.headers,
    path: c.req.path,
    requestId: c.get("requestId"),
  };
  return receiveWebhook(call, c.env.DB, paymentContext(c.env, 1));
});

app.notFound((c) =>
  problemResponse(404, "not_found", "There is nothing here", `${c.req.method} ${c.req.path} does not exist.`, {
    instance: c.req.path,
    request_id: c.get("requestId"),
  }),
);

app.onError((error, c) => {
  log("error", "request_failed", { requestId: c.get("requestId"), path: c.req.path, error: String(error) });
  return problemResponse(500, "internal_error", "Something went wrong", "The request could not be handled.", {
    instance: c.req.path,
    request_id: c.get("requestId"),
  });
});

export default {
  fetch: app.fetch,
  queue(batch, env) {
    const oldest = Math.min(...batch.messages.map((message) => message.timestamp.getTime()));
    const calls = batch.messages.length;
    const { backlogCount: behind } = batch.metadata.metrics;
    const sight = { calls, waitedMs: Math.max(0, Date.now() - oldest), behind };
    return consumePayments(batch, paymentContext(env, calls, sight));
  },
} satisfies ExportedHandler<PaymentsEnv>;
