/**
 * Goal: what is not ours gets 200 and changes nothing, so that Stripe never disables the endpoint; what may be ours is never dropped, because
 * it may be money.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { STRIPE_EVENTS } from "../../scripts/workers.ts";
import { READERS } from "../../src/payments/webhook-readers.ts";
import { bindings, event, intent, ORDER, receive, refund } from "./payments-webhook-world.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
  vi.unstubAllGlobals();
});

const dispute = { id: "dp_1", status: "needs_response", amount: 5, reason: "fraudulent", payment_intent: null };

describe("an event that is not ours gets 200 and changes nothing (pitfall 5)", () => {
  test.each([
    ["a payment made in the dashboard", "payment_intent.succeeded", intent("succeeded", { metadata: {} })],
    ["another system's order id", "payment_intent.succeeded", intent("succeeded", { metadata: { order_id: "1042" } })],
    ["a payout", "payout.paid", { id: "po_1", object: "payout" }],
    ["a dispute of a payment without an intent", "charge.dispute.created", dispute],
    [
      "the charge of a refund, which refund.created tells of",
      "charge.refunded",
      { id: "ch_1", metadata: { order_id: ORDER } },
    ],
    ["a name of JavaScript's own", "constructor", {}],
    ["a refund without an intent", "refund.created", refund("succeeded", { metadata: {}, payment_intent: null })],
  ])("%s", async (_, type, object) => {
    const { env, told, sent, rows } = bindings();
    expect(await receive(env, event(type, object))).toMatchObject({
      status: 200,
      body: { received: true, handled: false },
    });
    expect([told, sent, rows()]).toEqual([[], [], []]);
  });

  const fromDashboard = event("refund.created", refund("succeeded", { metadata: {} }));
  const stripeAnswers = (status: number, body: unknown): void =>
    void vi.stubGlobal("fetch", async () => Response.json(body, { status }));

  test("but a refund made in the dashboard is ours when its intent is", async () => {
    stripeAnswers(200, intent("succeeded"));
    const { env, told, reported } = bindings();
    expect(await receive(env, fromDashboard)).toMatchObject({ status: 200, body: { handled: true } });
    expect(reported).toMatchObject([{ operation: "payment_intents.retrieve", outcome: "answered" }]);
    expect(told).toMatchObject([{ orderId: ORDER, fact: { type: "refunded", refund: "re_1", amount: 500 } }]);
    stripeAnswers(200, intent("succeeded", { metadata: {} }));
    expect(await receive(bindings().env, fromDashboard)).toMatchObject({
      status: 200,
      body: { reason: "not_our_order" },
    });
  });

  test("and while Stripe cannot say whose it is, Stripe is asked to come again", async () => {
    stripeAnswers(401, { error: { type: "invalid_request_error", message: "no" } });
    expect(await receive(bindings().env, fromDashboard)).toMatchObject({ status: 503 });
  });
});

describe("an event that may be ours is kept, because money must not be missed", () => {
  test.each([
    ["no object at all", "payment_intent.succeeded", null, "schema_mismatch", "/data/object"],
    [
      "metadata moved elsewhere",
      "payment_intent.succeeded",
      { id: "pi_1" },
      "schema_mismatch",
      "/data/object/metadata",
    ],
    [
      "an unreadable refund by hand",
      "refund.created",
      { id: "re_1", metadata: {} },
      "schema_mismatch",
      "/data/object/status",
    ],
    [
      "an id almost like ours",
      "refund.created",
      refund("succeeded", { metadata: { order_id: "ord_1" } }),
      "unknown_order",
      null,
    ],
  ])("%s", async (_, type, object, reason, path) => {
    const { env, told, sent, rows } = bindings();
    expect(await receive(env, event(type, object))).toMatchObject({ status: 200, body: { handled: false, reason } });
    expect([told, sent, rows()]).toMatchObject([[], [], [{ reason, path, status: "waiting" }]]);
  });

  test("an order that this shop never had, e.g. of a staging shop on the same account, does not go round the queues", async () => {
    const { env, sent, rows } = bindings({ knows: false });
    const answer = await receive(env, event("payment_intent.succeeded", intent("succeeded")));
    expect(answer).toMatchObject({ status: 200, body: { handled: false, reason: "unknown_order" } });
    expect([sent, rows()]).toMatchObject([[], [{ reason: "unknown_order", order_id: ORDER, status: "waiting" }]]);
  });

  test("an order that cannot be asked just now holds nothing up", async () => {
    const { env, sent } = bindings({ knows: new Error("object reset") });
    await receive(env, event("payment_intent.succeeded", intent("succeeded")));
    expect(sent).toHaveLength(1);
  });
});

test("the README has a shop subscribe to every event that is read, and to no other", () => {
  const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
  const section = readme.slice(readme.indexOf("## Real Stripe"), readme.indexOf("## Commands"));
  const named = [...section.matchAll(/`([a-z_]+(?:\.[a-z_]+)+)`/g)].flatMap(([, type]) => type ?? []);
  const read = Object.keys(READERS).toSorted();
  expect([named.toSorted(), STRIPE_EVENTS.toSorted()]).toEqual([read, read]);
});
