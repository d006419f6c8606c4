import { Hono } from "hono";
import { log } from "../platform/log.ts";
import { isPlatformFailure } from "../platform/platform-failure.ts";
import { problemResponse } from "../platform/problem.ts";
import { requestIdOf } from "../platform/http.ts";
import { authenticate, authorize } from "./access/authenticate.ts";
import { recordWrites } from "./audit-log/record.ts";
import { extraOf, type OpsBindings } from "./context.ts";
import { alertRuleRoutes } from "./routes/alert-rules.ts";
import { alertRoutes } from "./routes/alerts.ts";
import { analyticsRoutes } from "./routes/analytics.ts";
import { auditLogRoutes } from "./routes/audit-log.ts";
import { auditRoutes } from "./routes/audit.ts";
import { costRoutes } from "./routes/costs.ts";
import { deadLetterRoutes } from "./routes/dead-letters.ts";
import { deliveryRoutes } from "./routes/deliveries.ts";
import { flagRoutes } from "./routes/flags.ts";
import { keyRoutes } from "./routes/keys.ts";
import { liveRoutes } from "./routes/live.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { orderCommandRoutes } from "./routes/order-commands.ts";
import { orderRoutes } from "./routes/orders.ts";
import { pipelineRoutes } from "./routes/pipeline.ts";
import { productRoutes } from "./routes/products.ts";
import { recoveryRoutes } from "./routes/recovery.ts";
import { stockRoutes } from "./routes/stock.ts";
import { webhookEndpointRoutes } from "./routes/webhook-endpoints.ts";
import { webhookRoutes } from "./routes/webhooks.ts";
import { writeKeyRoutes } from "./routes/write-keys.ts";

const admin = new Hono<OpsBindings>();
// Recorded before it is authorized: what a key tried and may not do belongs in the log. Who has no key is not let near it.
admin.use(authenticate, recordWrites, authorize);
admin.route("/products", productRoutes);
admin.route("/stock", stockRoutes);
admin.route("/orders", orderRoutes);
admin.route("/orders", orderCommandRoutes);
admin.route("/audit", auditRoutes);
admin.route("/audit-log", auditLogRoutes);
admin.route("/flags", flagRoutes);
admin.route("/keys", keyRoutes);
admin.route("/write-keys", writeKeyRoutes);
admin.route("/dead-letters", deadLetterRoutes);
admin.route("/webhooks", webhookRoutes);
admin.route("/webhook-endpoints", webhookEndpointRoutes);
admin.route("/deliveries", deliveryRoutes);
admin.route("/alerts", alertRoutes);
admin.route("/alert-rules", alertRuleRoutes);
admin.route("/analytics", analyticsRoutes);
admin.route("/", costRoutes);
admin.route("/", liveRoutes);
admin.route("/", metricsRoutes);
admin.route("/", pipelineRoutes);
admin.route("/", recoveryRoutes);

export const app = new Hono<OpsBindings>();

app.use(async function carryRequestId(c, next) {
  c.set("requestId", requestIdOf(c.req.raw.headers));
  await next();
  c.header("x-request-id", c.get("requestId"));
  // Answers carry orders and customers: nothing between here and the operator may keep them, unless a route knows better.
  if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
});

app.get("/healthz", (c) => c.json({ status: "ok" }));
app.route("/admin/v1", admin);

app.notFound((c) =>
  problemResponse(404, "not_found", "Not found", `There is nothing at ${c.req.method} ${c.req.path}.`, extraOf(c)),
);

/** What was expected was answered where it was found: only platform failures and bugs get here. */
app.onError((error, c) => {
  const fields = { request_id: c.get("requestId"), path: c.req.path, method: c.req.method, error: String(error) };
  if (isPlatformFailure(error)) {
    log("warn", "dependency_unavailable", fields);
    const detail = "A part of the shop that this request needs did not answer. Please try again.";
    return problemResponse(503, "dependency_unavailable", "Unavailable", detail, extraOf(c), { "retry-after": "1" });
  }
  log("error", "request_failed", { ...fields, stack: error.stack });
  return problemResponse(500, "internal_error", "Internal error", "Something went wrong on our side.", extraOf(c));
});
