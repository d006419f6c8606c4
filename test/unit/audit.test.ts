import { describe, expect, test } from "vitest";
import { movementOf } from "../../scripts/audit/movement.ts";
import { readMetrics } from "../../scripts/audit/reader.ts";
import { reconcile } from "../../scripts/audit/reconcile.ts";
import type { OrderObject, PspIntent, Snapshot } from "../../scripts/audit/snapshot.ts";
import { analyticsOf, entryOf, intentOf, orderObject, shop, stockEntry, unpaid, usd } from "../support/audit-shop.ts";

/**
 * Goal: whatever goes wrong with stock, money or messages, `npm run audit` says so. Each test breaks one thing of a shop whose books agree
 * and names the rule that must notice. The threat is an audit that is always green.
 */
const wrongRules = (snapshot: Snapshot): string[] =>
  reconcile(snapshot)
    .checks.filter(({ wrong }) => wrong.length > 0)
    .map(({ invariant }) => invariant);

/** The shop with its paid order, that order's charge, or both, in another shape. */
const paidAs = (object: OrderObject, intents: readonly PspIntent[] = [intentOf("ord_1")]): Snapshot =>
  shop({
    orders: [entryOf(object), entryOf(unpaid("ord_2"))],
    intents: [...intents, intentOf("ord_2", { status: "requires_action", received: 0 })],
  });

test("a shop whose books agree is balanced, and a payment of somebody else is only noted", () => {
  const verdict = reconcile(shop());
  expect(verdict.checks.flatMap(({ wrong }) => wrong)).toEqual([]);
  expect(verdict.balanced).toBe(true);
  expect(verdict.notes).toEqual(["1 PaymentIntents without an order_id are not this shop's, e.g. pi_x"]);
});

describe("invariant 1, stock", () => {
  const cases: readonly (readonly [string, Partial<Snapshot>, string])[] = [
    ["a unit that vanished", { stock: [stockEntry({ received: 11 })] }, "1 received = on_hand + sold"],
    ["more reserved than there is", { stock: [stockEntry({ received: 3, on_hand: 1 })] }, "1 0 <= reserved <= on_hand"],
    ["a reservation that nobody holds", { stock: [stockEntry({}, { held: [] })] }, "1 open holds = reserved"],
    ["a unit sold twice", { stock: [stockEntry({ on_hand: 9, sold: 1 })] }, "1 sold = units of paid orders"],
    ["a sale without an order", { stock: [stockEntry({ on_hand: 7, sold: 3 })] }, "1 sold = units of paid orders"],
    [
      "an order whose hold was released",
      { stock: [stockEntry({ reserved: 0 }, { held: [] })] },
      "1 reserved = units of unpaid orders",
    ],
    [
      "a hold of an order that does not exist",
      { stock: [stockEntry({}, { held: [{ order_id: "ord_9", quantity: 2 }] })] },
      "1 every hold belongs to an order",
    ],
    ["a SKU that was sold and is gone from the catalog", { stock: [] }, "1 every SKU sold is in the catalog"],
  ];
  test.each(cases)("finds %s", (_what, change, rule) => {
    expect(wrongRules(shop(change))).toContain(rule);
  });
});

describe("invariants 4 and 5, analytics", () => {
  const cases: readonly (readonly [string, Parameters<typeof analyticsOf>[0], string])[] = [
    ["an order that was counted twice", { shown: 4_000, products: 4_000 }, "4 revenue shown = orders - refunds"],
    ["an order that was never counted", { shown: 0, products: 0 }, "4 revenue shown = orders - refunds"],
    ["a delta that a slice took twice", { products: 4_000 }, "4 revenue of products = goods sold"],
    ["a state that has come apart from its rows", { kept: 1_999 }, "4 money counted = orders' own rows"],
    ["an event that is in no count", { ledger: { applied: 0 } }, "5 every event is counted once"],
    ["an event that is in two", { ledger: { late: 1 } }, "5 every event is counted once"],
  ];
  test.each(cases)("finds %s", (_what, change, rule) => {
    expect(wrongRules(shop({ analytics: analyticsOf(change) }))).toContain(rule);
  });

  test("counts that are still on their way to a product are movement", () => {
    expect(movementOf(shop({ analytics: analyticsOf({ unpushed: 2 }) }))).toEqual([
      "2 counts on their way to products",
    ]);
  });
});

describe("invariant 2, money", () => {
  const cases: readonly (readonly [string, Snapshot, string])[] = [
    ["a paid order that holds no money", paidAs(orderObject("ord_1", { captured: 0 })), "2 captured - refunded = owed"],
    [
      "an expired order that keeps the money",
      paidAs(orderObject("ord_1", { status: "expired" })),
      "2 captured - refunded = owed",
    ],
    [
      "a refunded order that kept a part",
      paidAs(orderObject("ord_1", { status: "refunded", refunded: 1_999 })),
      "2 captured - refunded = owed",
    ],
    [
      "a partial refund that left everything",
      paidAs(orderObject("ord_1", { status: "partially_refunded" })),
      "2 captured - refunded = owed",
    ],
    ["a customer charged twice", paidAs(chargedTwice()), "2 at most one charge kept"],
    [
      "an order that does not say what its ledger says",
      paidAs({ ...orderObject("ord_1"), ledger: [] }),
      "2 order = its ledger",
    ],
    [
      "a refund that only the provider knows",
      paidAs(orderObject("ord_1"), [intentOf("ord_1", { refunded: 500 })]),
      "2 ledger = payment provider",
    ],
    [
      "a capture of another amount",
      paidAs(orderObject("ord_1"), [intentOf("ord_1", { received: 1_000 })]),
      "2 ledger = payment provider",
    ],
    ["a capture that the provider does not know", paidAs(orderObject("ord_1"), []), "2 ledger = payment provider"],
  ];
  test.each(cases)("finds %s", (_what, snapshot, rule) => {
    expect(wrongRules(snapshot)).toContain(rule);
  });

  test("a second charge that was given back in full leaves the books in order", () => {
    const object = chargedTwice();
    const refund = { ref: "re_2", kind: "refund" as const, intent: "pi_second", amount: usd(2_000) };
    const settled = orderObject("ord_1", { captured: 4_000, refunded: 2_000 });
    const snapshot = paidAs({ ...settled, ledger: [...object.ledger, refund] }, [
      intentOf("ord_1"),
      intentOf("ord_1", { id: "pi_second", refunded: 2_000 }),
    ]);
    expect(wrongRules(snapshot)).toEqual([]);
  });

  function chargedTwice(): OrderObject {
    const object = orderObject("ord_1", { captured: 4_000 });
    const [first, second] = ["pi_ord_1", "pi_second"].map((intent) => ({
      ref: intent,
      kind: "capture" as const,
      intent,
      amount: usd(2_000),
    }));
    return { ...object, ledger: [first, second].filter((entry) => entry !== undefined) };
  }
});

describe("invariant 3, charges and orders", () => {
  const cases: readonly (readonly [string, Snapshot, string])[] = [
    [
      "a charge without an order",
      shop({ intents: [...shop().intents, intentOf("ord_9")] }),
      "3 every PaymentIntent has its order",
    ],
    [
      "a charge of another amount than the order's",
      paidAs(orderObject("ord_1"), [intentOf("ord_1", { amount: 1_000 })]),
      "3 every PaymentIntent has its order",
    ],
    [
      "a charge in another currency",
      paidAs(orderObject("ord_1"), [intentOf("ord_1", { currency: "eur" })]),
      "3 every PaymentIntent has its order",
    ],
    [
      "money received that the order never heard of",
      shop({ intents: [intentOf("ord_1"), intentOf("ord_2")] }),
      "3 what was received is in a ledger",
    ],
    ["a paid order without a charge", paidAs(orderObject("ord_1"), []), "3 every paid order has one PaymentIntent"],
    [
      "a paid order with two charges",
      paidAs(orderObject("ord_1"), [intentOf("ord_1"), intentOf("ord_1", { id: "pi_second" })]),
      "3 every paid order has one PaymentIntent",
    ],
  ];
  test.each(cases)("finds %s", (_what, snapshot, rule) => {
    expect(wrongRules(snapshot)).toContain(rule);
  });
});

describe("invariant 6, messages", () => {
  const [paid, waiting] = shop().orders;
  const row = paid?.projection;
  const others = waiting ? [waiting] : [];
  const cases: readonly (readonly [string, Partial<Snapshot>, string])[] = [
    [
      "an order that the read model shows in an older state",
      {
        orders: [
          {
            ...paid,
            id: "ord_1",
            object: orderObject("ord_1"),
            projection: row && { ...row, status: "awaiting_payment" },
          },
          ...others,
        ],
      },
      "6 read model = orders",
    ],
    [
      "an order that the read model does not show",
      { orders: [{ id: "ord_1", object: orderObject("ord_1") }, ...others] },
      "6 read model = orders",
    ],
    [
      "a row without an order",
      { orders: [{ id: "ord_1", projection: row, object: null }, ...others] },
      "6 read model = orders",
    ],
    [
      "a stock level that never arrived",
      { stock: [stockEntry({}, { projection: { on_hand: 10, reserved: 0, sold: 0, seq: 4 } })] },
      "6 read model = stock",
    ],
    [
      "a stock level that arrived with other units",
      { stock: [stockEntry({}, { projection: { on_hand: 8, reserved: 1, sold: 2, seq: 5 } })] },
      "6 read model = stock",
    ],
    [
      "an outbox row that was not sent",
      { stock: [stockEntry({}, { pending_work: 1 })] },
      "6 nothing left to do in objects",
    ],
    [
      "a message that still waits",
      { metrics: { queues: [{ queue: "orders", backlog: 3 }], dead_letters: [] } },
      "6 queues are empty",
    ],
  ];
  test.each(cases)("finds %s", (_what, change, rule) => {
    expect(wrongRules(shop(change))).toContain(rule);
  });

  test("a rejected order needs no row, and a dead letter is shown but accounted for", () => {
    const rejected = orderObject("ord_3", { status: "rejected", stock: "released", captured: 0 });
    const dead = { queues: [], dead_letters: [{ queue: "orders-dead", count: 2 }] };
    const verdict = reconcile(shop({ orders: [...shop().orders, { id: "ord_3", object: rejected }], metrics: dead }));
    expect(verdict.balanced).toBe(true);
    expect(verdict.notes).toContain("2 dead letters in orders-dead (kept, accounted for)");
  });
});

test("a queue that was empty for a moment has delivered what the books tell of; one that never is still waits", async () => {
  const answers = [
    [3, 2],
    [0, 5],
    [4, 1],
  ];
  const admin = {
    get: async () => {
      const [orders = 4, events = 1] = answers.shift() ?? [];
      const queues = [
        { queue: "orders", backlog: orders },
        { queue: "events", backlog: events },
      ];
      // SAFETY: what this endpoint answers, whatever schema it is read with.
      return { queues, dead_letters: [] } as never;
    },
  };
  expect((await readMetrics(admin, 300)).queues).toEqual([
    { queue: "orders", backlog: 0 },
    { queue: "events", backlog: 1 },
  ]);
});

test("a shop is quiet while it waits for people, and says what still moves", () => {
  expect(movementOf(shop())).toEqual([]);
  const charging = orderObject("ord_1", {
    status: "awaiting_payment",
    stock: "reserved",
    captured: 0,
    payment: { status: "unknown", captured: usd(0), refunded: usd(0) },
  });
  const queues = [{ queue: "payments", backlog: 7 }];
  const moving = movementOf(shop({ orders: [entryOf(charging)], metrics: { queues, dead_letters: [] } }));
  expect(moving).toEqual(["1 orders whose charge has not come back", "7 messages in payments"]);
});
