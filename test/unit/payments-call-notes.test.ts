import Stripe from "stripe";
import { expect, it } from "vitest";
import type { PspCall } from "../../src/domain/psp-calls.ts";
import { paymentContext, reportCalls } from "../../src/payments/context.ts";
import { callStripe } from "../../src/payments/stripe-call.ts";

/**
 * Goal: the throttle hears of a call that failed as soon as it is repeated, by the request for the slot that the repeat takes anyway, and of each call once. Threat:
 * calls that hang are told with the end of their batch, minutes later, and nobody knows that the provider is down.
 */
it("a call that is repeated is told with the slot of the repeat, the last one with the end of the batch", async () => {
  const heard: string[] = [];
  const tell = (by: string, calls: readonly PspCall[] = []) =>
    void heard.push(`${by}: ${calls.map(({ outcome }) => outcome).join()}`);
  const throttle = {
    take: async (slots: number, _sight: unknown, ended: readonly PspCall[]) => {
      tell(`${slots} slots`, ended);
      return { delaysMs: Array.from({ length: slots }, () => 0) };
    },
    report: async (calls: readonly PspCall[]) => tell("report", calls),
  };
  // SAFETY: nothing else of the environment is used for a call.
  const env = {
    STRIPE_SECRET_KEY: "sk_test_1",
    STRIPE_WEBHOOK_SECRET: "whsec_1",
    STRIPE_API_BASE: "",
    PSP_TIMEOUT_MS: "20000",
    PSP_SETTLE_MS: "90000",
    PSP_POINTS: { writeDataPoint: () => {} },
    PAYMENT_THROTTLE: { getByName: () => throttle },
  } as unknown as PaymentsEnv;
  const context = { ...paymentContext(env, 2), sleep: async () => {} };
  const call = () =>
    callStripe(context, "payment_intents.create", () =>
      Promise.reject(new Stripe.errors.StripeConnectionError({ message: "timed out", type: "api_error" })),
    );
  expect((await call()).kind).toBe("indefinite");
  await reportCalls(env, context);
  await reportCalls(env, context);
  expect(heard).toEqual(["2 slots: ", "1 slots: indefinite,indefinite", "report: indefinite"]);
});
