/**
 * Goal: a thousand rejections of one kind are one cause with an exact count, nothing grows without end, and once the reader is taught, what
 * Stripe really sent is taken in exactly once. Threats: a flood of forged calls that pushes payments out; a forged call that is replayed.
 */
import Stripe from "stripe";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { PaymentContext } from "../../src/payments/context.ts";
import { causeOf, recordRejection, type Rejection } from "../../src/payments/rejected-webhooks.ts";
import { receiveWebhook } from "../../src/payments/webhook.ts";
import { READERS } from "../../src/payments/webhook-readers.ts";
import { replayCause, replayWebhook } from "../../src/payments/webhook-replay.ts";
import { READERS as TAUGHT } from "../support/taught-readers.ts";
import { openD1 } from "./payments-d1.ts";
import { intent, NOW, ORDER } from "./payments-world.ts";

const SECRET = "whsec_1";

beforeEach(() => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
});

const eventBody = (id: string, object: unknown, changes: object = {}): string =>
  JSON.stringify({ id, type: "payment_intent.succeeded", created: 1_800_000_000, data: { object }, ...changes });

/** As another API version might have it: the amount under another name. */
const renamed = (id: string): object => {
  const { amount_received: amount, ...rest } = { amount_received: 0, ...intent("succeeded", { id }) };
  return { ...rest, amount_captured: amount };
};

function world() {
  const { db, ...tables } = openD1();
  const sent: { id: string; fact: object }[] = [];
  const state = { queueFails: false, readers: READERS };
  const context = {
    settings: { webhookSecrets: ["whsec_old", SECRET] },
    get readers() {
      return state.readers;
    },
    ordersQueue: {
      send: async (message: { id: string; fact: object }) => {
        if (state.queueFails) throw new Error("Queue is overloaded");
        sent.push(message);
      },
    },
    // An order that is restarting, so that what is told it goes by the queue, under its own id.
    applyFact: async () => {
      throw new Error("object reset");
    },
    mayKeepRefusal: async () => true,
    now: () => NOW,
    // SAFETY: nothing else is used for an event that names its order.
  } as unknown as PaymentContext;
  const receive = (body: string, secret: string = SECRET) => {
    const signature = Stripe.webhooks.generateTestHeaderString({ payload: body, secret });
    const headers = new Headers({ "stripe-signature": signature });
    return receiveWebhook({ body, headers, path: "/webhooks/stripe", requestId: "req-1" }, db, context);
  };
  return {
    ...tables,
    sent,
    state,
    receive,
    record: (rejection: Rejection) => recordRejection(db, rejection, NOW),
    replay: (id: number) => replayWebhook(id, db, context),
    replayCause: (cause: string, limit: number) => replayCause(cause, limit, db, context),
    teach: () => (state.readers = TAUGHT),
  };
}

const mismatch = (path: string, id = "evt_1"): Rejection => ({
  status: "waiting",
  explanation: {
    reason: "schema_mismatch",
    detail: `at ${path} of ${id}`,
    mismatch: { path, expected: "number", actual: "nothing" },
  },
  event: { id, type: "payment_intent.succeeded" },
  headers: new Headers(),
  payload: "{}",
});
const forged: Rejection = {
  status: "refused",
  explanation: { reason: "bad_signature", detail: "no" },
  headers: new Headers(),
  payload: "{}",
};

describe("causes", () => {
  test("depend on what is wrong and where, and on no id and no value", () => {
    const cause = causeOf(mismatch("/data/object/a", "evt_1"));
    expect(causeOf(mismatch("/data/object/a", "evt_2"))).toBe(cause);
    expect(causeOf(mismatch("/data/object/b", "evt_1"))).not.toBe(cause);
    expect(causeOf(mismatch("/lines/1/a"))).toBe(causeOf(mismatch("/lines/27/a")));
    const refund = { ...mismatch("/data/object/a"), event: { id: "evt_1", type: "refund.created" } };
    expect(causeOf(refund)).not.toBe(cause);
  });

  test("a thousand of the same are one, counted exactly, with the first and the last time", async () => {
    const { receive, causes, rejected } = world();
    for (let i = 0; i < 1_000; i++) await receive(eventBody(`evt_${i}`, renamed(`pi_${i}`)));
    expect(causes()).toMatchObject([
      { reason: "schema_mismatch", path: "/data/object/amount_received", count: 1_000, first_at: NOW, last_at: NOW },
    ]);
    expect(rejected()).toHaveLength(1_000);
  });

  test("an event of another API version says so", async () => {
    const { receive, causes } = world();
    await receive(eventBody("evt_1", renamed("pi_1"), { api_version: Stripe.API_VERSION }));
    expect(causes()).toMatchObject([{ note: null }]);
    await receive(eventBody("evt_2", renamed("pi_2"), { api_version: "2031-01-01.next" }));
    expect(causes()).toMatchObject([{ note: expect.stringContaining("other_api_version"), count: 2 }]);
  });

  test("beyond the limit are counted together under their reason", async () => {
    const { record, causes } = world();
    for (let i = 0; i < 510; i++) await record(mismatch(`/data/object/field${i}`));
    expect(causes()).toHaveLength(501);
    expect(causes().find(({ cause }) => cause === "schema_mismatch.other")).toMatchObject({ count: 10, path: null });
  });
});

describe("retention", () => {
  test("forged calls push out forged calls only, the last example of a cause stays, and counts stay exact", async () => {
    const { record, rejected, causes } = world();
    await record(mismatch("/data/object/a"));
    await record({ ...forged, explanation: { reason: "stale", detail: "old" } });
    for (let i = 0; i < 700; i++) await record(forged);
    const reasons = Map.groupBy(rejected(), ({ reason }) => reason);
    expect(reasons.get("schema_mismatch")).toHaveLength(1);
    expect(reasons.get("stale")).toHaveLength(1);
    expect(reasons.get("bad_signature")).toHaveLength(500);
    expect(causes().find(({ reason }) => reason === "bad_signature")).toMatchObject({ count: 700 });
  });

  test("what is to be replayed is kept whole, what is forged is not", async () => {
    const { record, rejected } = world();
    await record({ ...mismatch("/a"), payload: "x".repeat(100_000) });
    await record({ ...forged, payload: "x".repeat(100_000) });
    const lengths = rejected().map(({ payload, payload_chars: chars }) => [String(payload).length, chars]);
    expect(lengths).toEqual([
      [100_000, 100_000],
      [16_384, 100_000],
    ]);
  });
});

describe("replay", () => {
  test("a renamed field: rejected, understood once the reader is taught, and taken in once", async () => {
    const { receive, replay, teach, sent, rejected } = world();
    await receive(eventBody("evt_1", renamed("pi_1")));
    expect(await replay(1)).toMatchObject({ ok: true, value: { result: "schema_mismatch", repeated: false } });
    expect(rejected()).toMatchObject([{ status: "waiting", replays: 1, replay_result: "schema_mismatch" }]);
    teach();
    expect(await replay(1)).toMatchObject({ ok: true, value: { result: "handled", repeated: false } });
    expect(sent).toMatchObject([
      { id: "stripe:evt_1", orderId: ORDER, fact: { type: "captured", intent: "pi_1", amount: 2_499 } },
    ]);
    expect(rejected()).toMatchObject([{ status: "replayed", replays: 2, replayed_at: NOW, replay_result: "handled" }]);
    expect(await replay(1)).toMatchObject({ ok: true, value: { result: "handled", repeated: true } });
    expect(sent).toHaveLength(1);
  });

  test("whose queue does not take the fact stays to be replayed", async () => {
    const { receive, replay, teach, state, rejected, sent } = world();
    await receive(eventBody("evt_1", renamed("pi_1")));
    teach();
    state.queueFails = true;
    expect(await replay(1)).toMatchObject({ ok: true, value: { result: "failed" } });
    expect(rejected()).toMatchObject([{ status: "waiting" }]);
    state.queueFails = false;
    expect(await replay(1)).toMatchObject({ ok: true, value: { result: "handled" } });
    expect(sent).toHaveLength(1);
  });

  test("is refused for a call whose signature was bad, and for none", async () => {
    const { receive, replay, teach, sent } = world();
    await receive(eventBody("evt_forged", intent("succeeded")), "whsec_of_somebody_else");
    teach();
    expect(await replay(1)).toEqual({ ok: false, reason: "not_replayable" });
    expect(await replay(2)).toEqual({ ok: false, reason: "unknown_webhook" });
    expect(sent).toEqual([]);
  });

  test("of a cause goes in batches, and what still cannot be read does not keep the rest from its turn", async () => {
    const { receive, replayCause, teach, sent, causes, rejected } = world();
    // Two that stay unreadable come first: they lack the amount under any name.
    const { amount_captured: _, ...nothing } = { amount_captured: 0, ...renamed("pi_x") };
    for (let i = 0; i < 2; i++) await receive(eventBody(`evt_bad${i}`, nothing));
    for (let i = 0; i < 5; i++) await receive(eventBody(`evt_${i}`, renamed(`pi_${i}`)));
    const cause = String(causes()[0]?.["cause"]);
    teach();
    expect(await replayCause(cause, 3)).toMatchObject({
      outcomes: [{ result: "schema_mismatch" }, { result: "schema_mismatch" }, { result: "handled" }],
      waiting: 6,
    });
    expect(await replayCause(cause, 4)).toMatchObject({ waiting: 2 });
    expect(sent.map(({ id }) => id).toSorted()).toEqual([0, 1, 2, 3, 4].map((i) => `stripe:evt_${i}`));
    expect(rejected().filter(({ status }) => status === "replayed")).toHaveLength(5);
    expect(causes()).toMatchObject([{ count: 7 }]);
  });
});

test("secrets rotate without downtime: either of two signs, a third does not", async () => {
  const { receive, sent } = world();
  for (const secret of ["whsec_old", SECRET]) {
    expect((await receive(eventBody(`evt_${secret}`, intent("succeeded")), secret)).status).toBe(200);
  }
  expect((await receive(eventBody("evt_third", intent("succeeded")), "whsec_third")).status).toBe(400);
  expect(sent).toHaveLength(2);
});
