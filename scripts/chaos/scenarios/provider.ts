import type { Scenario } from "../scenario.ts";

const API = "^/v1/";
const MINUTE_MS = 60_000;
const SLOW_SHARE = 0.3;
/** Some of it beyond the patience of a call, which is a second and a half here. */
const SLOW_MS = [500, 3_000] as const;
const FEW_PER_S = 4;

export const STRIPE_DOWN: Scenario = {
  name: "stripe-down",
  fault: "Stripe resets every connection for a minute, and sends no webhook",
  faultMs: MINUTE_MS,
  inject: ({ world }) =>
    world.provider("POST", "/faults", {
      rules: [{ match: { path: API }, effect: "reset" }],
      webhooks: { hold: true },
    }),
  heal: ({ world }) => world.provider("DELETE", "/faults"),
  expect: [{ subject: /^provider_silent$/, kind: "alert", withinMs: MINUTE_MS }],
  never: [{ subject: /^(?:ingest|enrich|aggregate|orders)/ }],
};

export const STRIPE_SLOW: Scenario = {
  name: "stripe-slow",
  fault: `${SLOW_SHARE * 100} % of the calls to Stripe take ${SLOW_MS[0] / 1_000} to ${SLOW_MS[1] / 1_000} s`,
  faultMs: 20_000,
  inject: ({ world }) =>
    world.provider("POST", "/faults", {
      rules: [{ match: { path: API, probability: SLOW_SHARE }, effect: "latency", ms: SLOW_MS }],
    }),
  heal: ({ world }) => world.provider("DELETE", "/faults"),
  expect: [],
  never: [{ subject: /^(?:ingest|enrich|aggregate|orders|payments|provider)/ }],
};

export const STRIPE_LIMITS: Scenario = {
  name: "stripe-429",
  fault: `Stripe takes ${FEW_PER_S} calls per second and answers 429 to the rest`,
  load: { ordersPerS: 6 },
  faultMs: 20_000,
  inject: ({ world }) => world.limitProvider(FEW_PER_S),
  heal: ({ world }) => world.limitProvider(null),
  expect: [],
  never: [{ subject: /^(?:ingest|enrich|aggregate|orders|payments|provider)/ }],
};
