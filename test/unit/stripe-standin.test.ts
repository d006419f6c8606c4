import Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StripeStandin } from "../../dev/stripe/server.ts";
import { createStripeStandin } from "../../dev/stripe/server.ts";

/**
 * Goal: what the shop learns from the stand-in holds for Stripe. So the real SDK talks to it over HTTP, and what is
 * looked at is what the SDK makes of the answers.
 */
let standin: StripeStandin;
let stripe: Stripe;

beforeAll(async () => {
  standin = await createStripeStandin({ port: 0 });
  stripe = new Stripe("sk_test_x", { host: "127.0.0.1", port: standin.port, protocol: "http", maxNetworkRetries: 0 });
});
afterAll(() => standin.close());

const NO_REDIRECTS = { automatic_payment_methods: { enabled: true, allow_redirects: "never" } } as const;

function pay(payment_method: string, more: Partial<Stripe.PaymentIntentCreateParams> = {}) {
  return stripe.paymentIntents.create({
    amount: 2_000,
    currency: "usd",
    payment_method,
    confirm: true,
    ...NO_REDIRECTS,
    ...more,
  });
}

async function control(path: string, body: unknown = {}): Promise<unknown> {
  const response = await fetch(`${standin.url}/_control/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return response.json();
}

async function eventTypes(id: string): Promise<string[]> {
  const events = await stripe.events.list({ limit: 100 });
  const about = (event: Stripe.Event) => JSON.stringify(event.data.object).includes(id);
  return events.data
    .filter(about)
    .map((event) => event.type)
    .toReversed();
}

async function failureOf(call: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  const error: unknown = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Stripe.errors.StripeError) return error;
  throw new Error(`The call was expected to fail with a Stripe error, and gave ${String(error)}.`);
}

describe("payment intents", () => {
  test("a good card that is confirmed on creation is charged once and tells so in Stripe's order", async () => {
    const intent = await pay("pm_card_visa", { metadata: { order_id: "ord_1" }, expand: ["latest_charge"] });
    expect(intent).toMatchObject({ status: "succeeded", amount_received: 2_000, metadata: { order_id: "ord_1" } });
    expect(intent.client_secret).toMatch(new RegExp(`^${intent.id}_secret_\\w+$`));
    expect(intent.latest_charge).toMatchObject({ object: "charge", paid: true, captured: true, amount: 2_000 });
    expect(intent.lastResponse.requestId).toMatch(/^req_/);
    expect(await eventTypes(intent.id)).toEqual([
      "payment_intent.created",
      "charge.succeeded",
      "payment_intent.succeeded",
    ]);
  });

  test("a declined card is a StripeCardError that carries the intent, and the intent may be paid another way", async () => {
    const error = await failureOf(pay("pm_card_visa_chargeDeclinedInsufficientFunds"));
    expect(error).toBeInstanceOf(Stripe.errors.StripeCardError);
    expect(error).toMatchObject({ statusCode: 402, code: "card_declined", decline_code: "insufficient_funds" });
    const id = error.payment_intent?.id ?? "";
    expect(error.payment_intent).toMatchObject({
      status: "requires_payment_method",
      last_payment_error: { code: "card_declined", decline_code: "insufficient_funds" },
    });
    expect(await eventTypes(id)).toEqual(["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]);
    const paid = await stripe.paymentIntents.confirm(id, { payment_method: "pm_card_mastercard" });
    expect(paid).toMatchObject({ status: "succeeded", last_payment_error: null });
    const charges = await stripe.charges.list({ payment_intent: id });
    expect(charges.data.map((charge) => charge.status)).toEqual(["succeeded", "failed"]);
  });

  test("a card that must be authenticated waits for the customer, who can pass or fail", async () => {
    const passing = await pay("pm_card_authenticationRequired");
    expect(passing).toMatchObject({ status: "requires_action", latest_charge: null });
    expect(passing.next_action?.type).toBe("use_stripe_sdk");
    await control(`payment_intents/${passing.id}/authenticate`, { outcome: "success" });
    expect(await stripe.paymentIntents.retrieve(passing.id)).toMatchObject({ status: "succeeded" });
    const failing = await pay("pm_card_threeDSecure2Required");
    expect(await control(`payment_intents/${failing.id}/authenticate`, { outcome: "fail" })).toMatchObject({
      status: "requires_payment_method",
      last_payment_error: { code: "payment_intent_authentication_failure" },
    });
  });

  test("with a return_url the customer is sent to a page that authenticates and leads back", async () => {
    const intent = await pay("pm_card_authenticationRequired", { return_url: "https://shop.test/done?cart=1" });
    const page = intent.next_action?.redirect_to_url?.url ?? "";
    expect(await (await fetch(page)).text()).toContain("Authenticate");
    const back = await fetch(page, {
      method: "POST",
      body: new URLSearchParams({ outcome: "success" }),
      redirect: "manual",
    });
    expect(back.status).toBe(303);
    const target = new URL(back.headers.get("location") ?? "");
    expect(Object.fromEntries(target.searchParams)).toMatchObject({
      cart: "1",
      payment_intent: intent.id,
      redirect_status: "succeeded",
    });
    const stranger = await fetch(page.replace("secret_", "secret_x"), { method: "POST" });
    expect(stranger.status).toBe(404);
  });

  test("a bank debit stays processing until it is settled, either way", async () => {
    const settled = await pay("pm_usBankAccount_success");
    expect(settled).toMatchObject({ status: "processing", amount_received: 0 });
    await control(`payment_intents/${settled.id}/settle`, { outcome: "success" });
    expect(await eventTypes(settled.id)).toEqual([
      "payment_intent.created",
      "charge.pending",
      "payment_intent.processing",
      "charge.succeeded",
      "payment_intent.succeeded",
    ]);
    const bounced = await pay("pm_sepaDebit");
    await control(`payment_intents/${bounced.id}/settle`, { outcome: "fail" });
    expect(await stripe.paymentIntents.retrieve(bounced.id)).toMatchObject({ status: "requires_payment_method" });
    expect(await failureOf(stripe.paymentIntents.confirm(settled.id))).toMatchObject({
      code: "payment_intent_unexpected_state",
    });
  });

  test("a confirmation token pays once; the fixed names need no call", async () => {
    const token = await stripe.testHelpers.confirmationTokens.create({ payment_method: "pm_card_visa" });
    const parameters = { amount: 500, currency: "eur", confirm: true, ...NO_REDIRECTS };
    const paid = await stripe.paymentIntents.create({ ...parameters, confirmation_token: token.id });
    expect(paid.status).toBe("succeeded");
    const again = failureOf(stripe.paymentIntents.create({ ...parameters, confirmation_token: token.id }));
    expect((await again).message).toContain("already been used");
    const declined = failureOf(
      stripe.paymentIntents.create({ ...parameters, confirmation_token: "ctoken_chargeDeclined" }),
    );
    expect(await declined).toMatchObject({ decline_code: "generic_decline" });
  });

  test("the browser confirms with the client secret, and with no other", async () => {
    const intent = await stripe.paymentIntents.create({ amount: 500, currency: "usd", ...NO_REDIRECTS });
    expect(intent.status).toBe("requires_payment_method");
    const path = `${standin.url}/_control/payment_intents/${intent.id}/confirm`;
    const wrong = await fetch(path, {
      method: "POST",
      body: new URLSearchParams({ client_secret: "x", payment_method: "pm_card_visa" }),
    });
    expect(wrong.status).toBe(400);
    await control(`payment_intents/${intent.id}/confirm`, {
      client_secret: intent.client_secret,
      payment_method: "pm_card_visa",
    });
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({ status: "succeeded" });
  });

  test("an unpaid intent can be canceled, a paid one cannot", async () => {
    const open = await stripe.paymentIntents.create({ amount: 500, currency: "usd" });
    expect(await stripe.paymentIntents.cancel(open.id, { cancellation_reason: "abandoned" })).toMatchObject({
      status: "canceled",
      cancellation_reason: "abandoned",
    });
    const paid = await pay("pm_card_visa");
    const error = await failureOf(stripe.paymentIntents.cancel(paid.id));
    expect(error).toMatchObject({ statusCode: 400, code: "payment_intent_unexpected_state" });
    expect(error.payment_intent).toMatchObject({ id: paid.id, status: "succeeded" });
  });

  test("manual capture holds the money until it is taken", async () => {
    const held = await pay("pm_card_visa", { capture_method: "manual" });
    expect(held).toMatchObject({ status: "requires_capture", amount_capturable: 2_000, amount_received: 0 });
    expect(await stripe.paymentIntents.capture(held.id, { amount_to_capture: 1_500 })).toMatchObject({
      status: "succeeded",
      amount_received: 1_500,
    });
  });

  test.each([
    [{ currency: "usd" }, { code: "parameter_missing", param: "amount" }],
    [
      { amount: 1, currency: "usd" },
      { code: "amount_too_small", param: "amount" },
    ],
    [
      { amount: 100_000_000, currency: "usd" },
      { code: "amount_too_large", param: "amount" },
    ],
    [
      { amount: 10.5, currency: "usd" },
      { code: "parameter_invalid_integer", param: "amount" },
    ],
    [{ amount: 1_000, currency: "xxq" }, { param: "currency" }],
    [
      { amount: 1_000, currency: "usd", colour: "red" },
      { code: "parameter_unknown", param: "colour" },
    ],
    [
      { amount: 1_000, currency: "usd", payment_method: "pm_nope" },
      { code: "resource_missing", param: "payment_method" },
    ],
    [{ amount: 1_000, currency: "usd", payment_method: "pm_card_visa", confirm: true }, { statusCode: 400 }],
    [{ amount: 1_000, currency: "usd", return_url: "https://shop.test/" }, { param: "return_url" }],
  ])("creating with %j is refused as Stripe refuses it", async (parameters, expected) => {
    const call = stripe.rawRequest("POST", "/v1/payment_intents", parameters);
    const error = await failureOf(call);
    expect(error).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
    expect(error).toMatchObject({ statusCode: 400, ...expected });
  });

  test("who has no key is turned away, and what does not exist is 404", async () => {
    const response = await fetch(`${standin.url}/v1/payment_intents`);
    expect(response.status).toBe(401);
    expect(await failureOf(stripe.paymentIntents.retrieve("pi_nope"))).toMatchObject({
      statusCode: 404,
      code: "resource_missing",
    });
  });
});

describe("refunds and disputes", () => {
  test("partial refunds add up to the charge and never to more", async () => {
    const { id } = await pay("pm_card_visa");
    await stripe.refunds.create({ payment_intent: id, amount: 1_200 });
    const too_much = await failureOf(stripe.refunds.create({ payment_intent: id, amount: 801 }));
    expect(too_much).toMatchObject({ statusCode: 400, param: "amount" });
    expect(too_much.message).toContain("Refund amount ($8.01) is greater than unrefunded amount on charge ($8.00)");
    expect(await stripe.refunds.create({ payment_intent: id })).toMatchObject({ amount: 800, status: "succeeded" });
    expect(await failureOf(stripe.refunds.create({ payment_intent: id }))).toMatchObject({
      code: "charge_already_refunded",
    });
    const refunds = await stripe.refunds.list({ payment_intent: id });
    expect(refunds.data.map((refund) => refund.amount)).toEqual([800, 1_200]);
    const charges = await stripe.charges.list({ payment_intent: id });
    expect(charges.data[0]).toMatchObject({ amount_refunded: 2_000, refunded: true });
  });

  test("a dispute is opened and closed over the control path and marks the charge", async () => {
    const intent = await pay("pm_card_visa");
    const charge_id = typeof intent.latest_charge === "string" ? intent.latest_charge : "";
    const dispute = await control(`charges/${charge_id}/dispute`, { reason: "fraudulent" });
    expect(dispute).toMatchObject({ object: "dispute", status: "needs_response", payment_intent: intent.id });
    const charge = await stripe.charges.retrieve(charge_id);
    expect(charge.disputed).toBe(true);
    expect(await failureOf(stripe.refunds.create({ charge: charge_id }))).toMatchObject({ code: "charge_disputed" });
  });
});

test("walking through a list visits everything once, newest first, in both directions", async () => {
  const customer = "cus_pages";
  const created: string[] = [];
  for (let count = 0; count < 23; count += 1) {
    created.push((await stripe.paymentIntents.create({ amount: 500, currency: "usd", customer })).id);
  }
  const visited: string[] = [];
  for await (const intent of stripe.paymentIntents.list({ customer, limit: 5 })) visited.push(intent.id);
  expect(visited).toEqual(created.toReversed());
  const above = await stripe.paymentIntents.list({ customer, limit: 5, ending_before: created[10] ?? "" });
  expect(above.data.map(({ id }) => id)).toEqual(created.slice(11, 16).toReversed());
  expect(above.has_more).toBe(true);
  const now_s = Math.floor(Date.now() / 1_000);
  const future = await stripe.paymentIntents.list({ customer, created: { gt: now_s + 60 } });
  expect(future).toMatchObject({ data: [], has_more: false });
});
