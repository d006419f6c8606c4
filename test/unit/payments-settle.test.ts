/**
 * Goal: what was left open is settled from what Stripe knows. Threats: "not found yet" taken for "did not happen", a refund made twice, a payment that
 * slips in before its cancellation and is forgotten.
 */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { failing, intent, list, NOW, ORDER, SECOND, world } from "./payments-world.ts";

const RESOLVE = {
  v: 1,
  type: "payment.resolve",
  id: "r",
  orderId: ORDER,
  attempt: 1,
  firstSentAt: NOW - 60_000,
  lastSentAt: NOW - 30_000,
};
const REFUND = {
  v: 1,
  type: "payment.refund",
  id: "refund:pi_1:100",
  orderId: ORDER,
  intent: "pi_1",
  amount: 100,
  reason: "expired",
};

beforeEach(() => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
});

describe("resolve", () => {
  test("finds the intent of this order and attempt among those of the time, and reports its status", async () => {
    const other = intent("succeeded", { id: "pi_0", metadata: { order_id: ORDER, attempt: "2" } });
    const { run, requests, fact } = world(() => list(other, intent("succeeded")));
    expect(await run(RESOLVE)).toEqual(["ack"]);
    expect(requests[0]?.params).toMatchObject({
      "created[gte]": String(SECOND - 65),
      "created[lte]": String(SECOND + 91),
      limit: "100",
    });
    expect(fact()).toMatchObject({ type: "captured", intent: "pi_1", attempt: 1 });
  });

  test("an intent that cannot be found is looked for again until Stripe has had its time, and only then did not happen", async () => {
    const early = world(() => list());
    expect(await early.run(RESOLVE)).toEqual(["ack"]);
    expect(early.facts).toEqual([]);
    expect(early.sentAnew).toMatchObject([{ message: { ...RESOLVE, id: `${ORDER}:resolve:1` }, delaySeconds: 30 }]);
    const settled = world(() => list());
    await settled.run({ ...RESOLVE, lastSentAt: NOW - 90_001 });
    expect(settled.fact()).toMatchObject({ type: "failed", retryable: true, error: { code: "psp_unavailable" } });
  });

  test("after a key conflict no charge of ours is no proof that there is none: a person looks, and no second attempt is made", async () => {
    const conflict = { ...RESOLVE, keyConflict: true };
    const early = world(() => list());
    expect(await early.run(conflict)).toEqual(["ack"]);
    expect(early.sentAnew).toMatchObject([{ message: { keyConflict: true } }]);
    // What a monolith charged under our key names an order of its own.
    const foreign = intent("succeeded", { id: "pi_0", metadata: { order_id: "4711" } });
    const settled = world(() => list(foreign));
    expect(await settled.run({ ...conflict, lastSentAt: NOW - 90_001 })).toEqual([expect.any(Number)]);
    expect([settled.facts, settled.queued, settled.sentAnew]).toEqual([[], [], []]);
    // A release with other parameters made it: ours all the same.
    const ours = world(() => list(intent("succeeded")));
    expect(await ours.run({ ...conflict, lastSentAt: NOW - 90_001 })).toEqual(["ack"]);
    expect(ours.fact()).toMatchObject({ type: "captured", intent: "pi_1" });
  });

  test("a list that cannot be read to its end proves nothing", async () => {
    const { run, facts, sentAnew, requests } = world(() => ({
      body: { data: [intent("succeeded", { metadata: {} })], has_more: true },
    }));
    await run({ ...RESOLVE, lastSentAt: NOW - 200_000 });
    expect([requests.length, facts, sentAnew.length]).toEqual([200, [], 1]);
  });
});

describe("money back", () => {
  const refund = (status: string, changes: object = {}): object => ({
    id: "re_1",
    status,
    amount: 100,
    currency: "usd",
    created: SECOND,
    metadata: {},
    ...changes,
  });

  test("a refund is made once per message, under a key of its own, and counts when it succeeded", async () => {
    const { run, requests, fact } = world(({ line }) =>
      line.startsWith("GET") ? list() : { body: refund("succeeded") },
    );
    expect(await run(REFUND)).toEqual(["ack"]);
    expect(requests[1]).toMatchObject({
      key: `${ORDER}:${REFUND.id}:0`,
      params: { amount: "100", "metadata[refund_id]": REFUND.id },
    });
    expect(fact()).toEqual({
      type: "refunded",
      intent: "pi_1",
      refund: "re_1",
      amount: 100,
      currency: "USD",
      attempt: 0,
      at: SECOND * 1_000,
    });
  });

  test("a refund does not fail for the words that it was asked for with", async () => {
    const { run, requests } = world(({ line }) => (line.startsWith("GET") ? list() : { body: refund("succeeded") }));
    expect(await run({ ...REFUND, reason: "sorry \ud83d" })).toEqual(["ack"]);
    expect(requests[1]?.params).toMatchObject({ "metadata[reason]": "sorry \ufffd" });
  });

  test("a pending refund waits for its webhook", async () => {
    const { run, facts } = world(({ line }) => (line.startsWith("GET") ? list() : { body: refund("pending") }));
    expect([await run(REFUND), facts]).toEqual([["ack"], []]);
  });

  test("a refund replayed after Stripe has forgotten its key is found and not made again", async () => {
    const { run, requests, fact } = world(() => list(refund("succeeded", { metadata: { refund_id: REFUND.id } })));
    expect([await run(REFUND), requests.length]).toEqual([["ack"], 1]);
    expect(fact()).toMatchObject({ type: "refunded", refund: "re_1" });
  });

  test("what was refunded by hand already is reported, not refunded twice", async () => {
    const refused = failing(400, { type: "invalid_request_error", code: "charge_already_refunded" });
    const { run, facts } = world(({ line }) =>
      line.startsWith("GET") ? list(refund("succeeded", { id: "re_9" })) : refused,
    );
    expect(await run(REFUND)).toEqual(["ack"]);
    expect(facts).toMatchObject([{ fact: { type: "refunded", refund: "re_9" } }]);
  });

  test("a refund that Stripe refuses is told to its order as failed, with what it was asked for as, and not asked for again", async () => {
    const refused = failing(400, { type: "invalid_request_error", code: "charge_disputed" });
    const { run, fact, sentAnew } = world(({ line }) => (line.startsWith("GET") ? list() : refused));
    const message = { ...REFUND, id: `refund:${ORDER}:r1`, request: "r1" };
    expect(await run(message)).toEqual(["ack"]);
    expect(fact()).toMatchObject({ type: "refund_failed", intent: "pi_1", refund: message.id, request: "r1" });
    expect(sentAnew).toEqual([]);
    // That the list of refunds is refused says nothing about this one.
    const unlisted = world(() => refused);
    expect([await unlisted.run(message), unlisted.facts]).toEqual([[expect.any(Number)], []]);
  });

  test("an intent that was paid before it could be canceled is reported as paid", async () => {
    const refused = failing(400, { type: "invalid_request_error", code: "payment_intent_unexpected_state" });
    const { run, fact, requests } = world(({ line }) =>
      line.startsWith("GET") ? { body: intent("succeeded") } : refused,
    );
    expect(await run({ v: 1, type: "payment.cancel", id: "c", orderId: ORDER, intent: "pi_1" })).toEqual(["ack"]);
    expect(requests[0]?.line).toContain("/cancel");
    expect(fact()).toMatchObject({ type: "captured", intent: "pi_1", attempt: 1 });
  });
});

describe("while Stripe is away", () => {
  const MINUTE = 60_000;
  const DAY = 24 * 60 * MINUTE;
  const CANCEL = { v: 1, type: "payment.cancel", id: "cancel:pi_1:4", orderId: ORDER, intent: "pi_1" };
  const LOOKUP = { v: 1, type: "payment.lookup", id: "lookup:pi_1", orderId: ORDER, intent: "pi_1" };
  const away = () => world(() => new TypeError("connection lost"));

  test.each([REFUND, CANCEL, LOOKUP])(
    "a $type is sent anew for days, ever more rarely, and uses up none of its deliveries (pitfall 28)",
    async (message) => {
      const first = away();
      expect(await first.run(message)).toEqual(["ack"]);
      expect(first.sentAnew).toEqual([{ message: { ...message, waitingSince: NOW }, delaySeconds: 5 }]);
      for (const [waitedMs, delaySeconds] of [
        [40_000, 40],
        [20 * MINUTE, 300],
        [6 * DAY, 300],
      ] as const) {
        const waiting = { ...message, waitingSince: NOW - waitedMs };
        const { run, sentAnew } = away();
        expect(await run(waiting)).toEqual(["ack"]);
        expect(sentAnew).toEqual([{ message: waiting, delaySeconds }]);
      }
    },
  );

  test.each([REFUND, CANCEL, LOOKUP])(
    "a $type without an answer for more than a week goes to a person",
    async (message) => {
      const { run, sentAnew } = away();
      expect(await run({ ...message, waitingSince: NOW - 8 * DAY })).toEqual([expect.any(Number)]);
      expect(sentAnew).toEqual([]);
    },
  );

  test("a question that the order repeats by itself is dropped: each look would leave one on its way for as long as the outage lasts", async () => {
    const { run, sentAnew } = away();
    expect(await run({ ...LOOKUP, recurs: true })).toEqual(["ack"]);
    expect(sentAnew).toEqual([]);
  });

  test("a refund whose call gets no answer keeps its place in the list of keys, calls ever more rarely, and ends with a person", async () => {
    const failingCreate = () => world(({ line }) => (line.startsWith("GET") ? list() : failing(500)));
    const first = failingCreate();
    expect(await first.run(REFUND)).toEqual(["ack"]);
    const asked = { ...REFUND, tries: 1, lastSentAt: NOW, waitingSince: NOW };
    expect(first.sentAnew).toEqual([{ message: asked, delaySeconds: 2 }]);

    // Ten tries in, 14 minutes after the last call: too soon for the next key, however long the refund would have had to show up after one.
    const soon = failingCreate();
    const tenth = { ...asked, tries: 10, lastSentAt: NOW - 14 * MINUTE, waitingSince: NOW - DAY };
    expect(await soon.run(tenth)).toEqual(["ack"]);
    expect(soon.requests.map(({ line }) => line)).toEqual(["GET /v1/refunds"]);

    const late = failingCreate();
    expect(await late.run({ ...tenth, lastSentAt: NOW - 16 * MINUTE })).toEqual(["ack"]);
    expect(late.sentAnew).toMatchObject([{ message: { tries: 11, lastSentAt: NOW, waitingSince: NOW - DAY } }]);

    const over = failingCreate();
    expect(await over.run({ ...tenth, lastSentAt: 0, waitingSince: NOW - 8 * DAY })).toEqual([expect.any(Number)]);
    expect(over.sentAnew).toEqual([]);
  });

  test("a cancellation that came too late and cannot read what the intent is now is sent anew as well (pitfall 28)", async () => {
    const refused = failing(400, { type: "invalid_request_error", code: "payment_intent_unexpected_state" });
    const silent = world(({ line }) => (line.startsWith("GET") ? failing(503) : refused));
    expect(await silent.run(CANCEL)).toEqual(["ack"]);
    expect(silent.sentAnew).toMatchObject([{ message: { ...CANCEL, waitingSince: NOW } }]);

    const noSlot = world(() => refused, { delays: [0, 61_000] });
    expect(await noSlot.run(CANCEL)).toEqual(["ack"]);
    expect(noSlot.requests).toHaveLength(1);
    expect(noSlot.sentAnew).toEqual([{ message: CANCEL, delaySeconds: 61 }]);
  });
});
