import { Hono } from "hono";
import { metered } from "../platform/metered.ts";
import type { StorefrontContext } from "./context.ts";
import { onError } from "./failures.ts";
import { crossOrigin, secured } from "./middleware/headers.ts";
import { limitClient } from "./middleware/rate-limit.ts";
import { requestId } from "./middleware/request-id.ts";
import { problem } from "./problem.ts";
import { carts } from "./routes/carts.ts";
import { checkout } from "./routes/checkout.ts";
import { forwarded } from "./routes/forward.ts";
import { ofrep } from "./routes/ofrep.ts";
import { orders } from "./routes/orders.ts";
import { products } from "./routes/products.ts";
import { readiness } from "./routes/readiness.ts";
import { reference } from "./routes/reference.ts";
import { tracking } from "./routes/tracking.ts";
import { cutOver } from "./rollout/cutover.ts";
import { proxyToLegacy } from "./rollout/proxy.ts";

const app = new Hono<StorefrontContext>();

app.route("/", tracking);
app.use(requestId, secured);
app.use("/v1/*", crossOrigin, limitClient);
app.use("/ofrep/*", crossOrigin, limitClient);
app.use(cutOver(app));
app.route("/v1/products", products);
app.route("/v1/carts", carts);
app.route("/v1/carts", checkout);
app.route("/v1/orders", orders);
app.route("/ofrep/v1/evaluate/flags", ofrep);
app.route("/", forwarded);
app.route("/", readiness);
app.route("/", reference(app));
app.notFound((c) => {
  // What nobody has moved here yet is the monolith's, where there is one.
  if (c.env.LEGACY_ORIGIN !== "") return proxyToLegacy(c);
  return problem(c, "not_found", `Nothing is served at ${c.req.method} ${c.req.path}.`);
});
app.onError(onError);

export default metered({ home: "commerce", isFrontDoor: true }, app satisfies ExportedHandler<StorefrontEnv>);
