import Stripe from "stripe";
import type { Settings } from "./settings.ts";

/**
 * Stripe's SDK as this Worker uses it. It never retries by itself: a repeat needs a slot of the throttle and the same idempotency
 * key, and only `stripe-call.ts` knows both. (It still repeats once when a connection was closed, under the same key.)
 */
export function stripeClient(settings: Settings): Stripe {
  const { apiBase } = settings;
  return new Stripe(settings.secretKey, {
    httpClient: Stripe.createFetchHttpClient(),
    maxNetworkRetries: 0,
    timeout: settings.timeoutMs,
    telemetry: false,
    appInfo: { name: "breakwater" },
    ...(apiBase && {
      protocol: apiBase.protocol === "http:" ? "http" : "https",
      host: apiBase.hostname,
      port: apiBase.port === "" ? (apiBase.protocol === "http:" ? 80 : 443) : Number(apiBase.port),
    }),
  });
}
