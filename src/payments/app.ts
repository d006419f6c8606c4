import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { LIMITS } from "../domain/limits.ts";
import { isAdmitted } from "../platform/fence.ts";
import { log } from "../platform/log.ts";
import { problemResponse } from "../platform/problem.ts";
import { requestIdOf } from "../platform/http.ts";
import { type PaymentContext, paymentContext, reportCalls } from "./context.ts";
import { receiveWebhook, type WebhookCall } from "./webhook.ts";
import { dryRunWebhook, lookUpWebhook } from "./webhook-aside.ts";

type App = { Bindings: PaymentsEnv; Variables: { requestId: string } };

/** Only the storefront can say these: it takes them out of what comes from outside. */
const EPOCH_HEADER = "x-breakwater-epoch";
const WEBHOOK_HEADER = "x-breakwater-webhook";
const GUARDED_BY = "payment.webhook";

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
  const context = paymentContext(c.env, 1);
  if (!(await isCurrent(c.env, c.req.header(EPOCH_HEADER)))) {
    const extra = { instance: call.path, request_id: call.requestId };
    return problemResponse(409, "stale_epoch", "Decided under an epoch that is over", "Nothing was done.", extra);
  }
  const response = await answerWebhook(c.req.header(WEBHOOK_HEADER), call, c.env.DB, context);
  // What Stripe answered on the way. Only failures are told without it, with the slots for their repeats.
  c.executionCtx.waitUntil(reportCalls(c.env, context));
  return response;
});

function answerWebhook(
  aside: string | undefined,
  call: WebhookCall,
  db: D1Database,
  context: PaymentContext,
): Promise<Response> {
  if (aside === "look-up") return lookUpWebhook(call, db, context);
  return aside === "dry-run" ? dryRunWebhook(call, context) : receiveWebhook(call, db, context);
}

/** Without an epoch the path is not guarded. */
async function isCurrent(env: PaymentsEnv, epoch: string | undefined): Promise<boolean> {
  return epoch === undefined || isAdmitted(env.FLAG_COORDINATOR, { key: GUARDED_BY, epoch: Number(epoch) }, Date.now());
}

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
