import { beforeEach, describe, expect, it, vi } from "vitest";
import { forgetFences } from "../../src/platform/fence.ts";
import { bindings, event, intent, ORDER, receive, refund, sign } from "./payments-webhook-world.ts";

/**
 * Goal: while the path that reads events is closed, nothing of a payload is believed and nothing that may be money is forgotten. Threats: an order that is
 * paid and never hears of it, a stranger who has Stripe asked by sending us events, a dry run that has an effect.
 */
beforeEach(() => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
  forgetFences();
});

const LOOK_UP = { "x-breakwater-webhook": "look-up" };
const DRY_RUN = { "x-breakwater-webhook": "dry-run" };
const renamed = { amount_received: undefined, amount_captured: 2_499 };

describe("on the safe path", () => {
  it("an order that is named has the provider asked, whatever else the payload says", async () => {
    for (const changes of [{}, renamed, { status: "a_new_status" }]) {
      const { env, told, sent, looked, rows } = bindings();
      const body = event("payment_intent.succeeded", intent("succeeded", changes));
      expect(await receive(env, body, sign(body), LOOK_UP)).toMatchObject({ status: 200, body: { looked_up: "pi_1" } });
      expect(looked).toMatchObject([{ type: "payment.lookup", id: "lookup:evt_1", orderId: ORDER, intent: "pi_1" }]);
      expect([told, sent]).toEqual([[], []]);
      expect(rows()).toEqual([]);
    }
  });

  it("who cannot sign has nobody asked and nothing kept", async () => {
    const { env, looked, rows } = bindings();
    const body = event("payment_intent.succeeded", intent("succeeded"));
    expect(await receive(env, body, sign(body, "whsec_other"), LOOK_UP)).toMatchObject({
      body: { reason: "not_verified" },
    });
    expect([looked, rows()]).toEqual([[], []]);
  });

  it("the monolith's payments, and events that nobody reads, cost nothing", async () => {
    const theirs = intent("succeeded", { metadata: { order_id: "4711" } });
    for (const body of [
      event("payment_intent.succeeded", theirs),
      event("payment_intent.succeeded", intent("succeeded", { metadata: {} })),
      event("payment_intent.created", intent("requires_confirmation")),
      event("refund.created", refund("succeeded", { metadata: { order_id: "4711" } })),
    ]) {
      const { env, looked, rows } = bindings();
      expect(await receive(env, body, sign(body), LOOK_UP)).toMatchObject({ status: 200, body: { handled: false } });
      expect([looked, rows()]).toEqual([[], []]);
    }
  });

  it("refunds that are or may be ours are kept to be replayed, with the reason", async () => {
    for (const metadata of [{ order_id: ORDER }, {}]) {
      const { env, rows } = bindings();
      const body = event("refund.created", refund("succeeded", { metadata }));
      expect(await receive(env, body, sign(body), LOOK_UP)).toMatchObject({ body: { reason: "path_closed" } });
      expect(rows()).toHaveLength(1);
    }
  });

  it("what could be neither asked for nor kept is delivered again", async () => {
    const asked = event("payment_intent.succeeded", intent("succeeded"));
    expect(await receive(bindings({ queueFails: true }).env, asked, sign(asked), LOOK_UP)).toMatchObject({
      status: 503,
    });
    const kept = event("refund.created", refund("succeeded"));
    expect(await receive(bindings({ databaseFails: true }).env, kept, sign(kept), LOOK_UP)).toMatchObject({
      status: 503,
    });
  });
});

describe("a dry run", () => {
  it("says whether the event can be read, and does nothing", async () => {
    for (const [changes, answer] of [
      [{}, { handled: true }],
      [renamed, { handled: false, reason: "schema_mismatch" }],
    ] as const) {
      const { env, told, sent, looked, rows } = bindings();
      const body = event("payment_intent.succeeded", intent("succeeded", changes));
      expect(await receive(env, body, sign(body), DRY_RUN)).toMatchObject({
        status: 200,
        body: { ...answer, dry_run: true },
      });
      expect([told, sent, looked, rows()]).toEqual([[], [], [], []]);
    }
  });
});

describe("the epoch", () => {
  it("that is over is refused before anything is read", async () => {
    const body = event("payment_intent.succeeded", intent("succeeded"));
    const { env, told, sent } = bindings({ epoch: 3 });
    expect(await receive(env, body, sign(body), { "x-breakwater-epoch": "2" })).toMatchObject({
      status: 409,
      body: { code: "stale_epoch" },
    });
    expect([told, sent]).toEqual([[], []]);
    expect(await receive(env, body, sign(body), { "x-breakwater-epoch": "3" })).toMatchObject({
      body: { handled: true },
    });
    expect(told).toHaveLength(1);
  });
});
