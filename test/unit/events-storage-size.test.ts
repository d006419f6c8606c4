import { serialize } from "node:v8";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { factBytes, requestBytes, requestsOf } from "../../durable-objects/event-shard/size.ts";
import { piecesOf, stateOf } from "../../durable-objects/event-shard/state.ts";
import { commandBytes, enrichCommands } from "../../durable-objects/product-metrics/size.ts";
import type { SliceCommand } from "../../durable-objects/product-metrics/commands.ts";
import { DEFAULT_RULES } from "../../src/domain/alerts/defaults.ts";
import type { Segment } from "../../src/domain/events/deltas.ts";
import { type FoldConfig, ShardFold } from "../../src/domain/events/fold.ts";
import { IdMemory } from "../../src/domain/events/id-memory.ts";
import { foldMoney, type MoneyFact, type OrderMoney } from "../../src/domain/events/order-money.ts";
import { ProductFold } from "../../src/domain/events/product-fold.ts";
import { storedBytes } from "../../src/domain/events/stored-size.ts";
import { LIMITS } from "../../src/domain/limits.ts";
import { LocalDays } from "../../src/domain/local-day.ts";
import { batchOf, partOf } from "../support/events.ts";
import { IdStore } from "../support/id-store.ts";

/**
 * Goal: whatever shoppers and reporters send, every record and piece that follows from it fits into what storage takes (2 MB on Cloudflare; locally
 * more, so no local run would tell). Threat: a shard that can make no checkpoint, or a slice that can take no push, starts over for ever.
 */
const STORED_BYTES_MAX = 2_000_000;
const NOW = Date.UTC(2026, 10, 27, 12);
const MINUTE = 60_000;
const config: FoldConfig = { slices: 1, cartFacts: "own" };
const newFold = () =>
  new ShardFold({ ids: new IdMemory({ stored: new IdStore(), salt: 7 }), salt: 7, timeZone: "UTC" });
const bytes = (value: unknown): number => serialize(value).byteLength;

/** The longest names that a public key may send, none of them a product's. */
function foldLongNames(fold: ShardFold, commits: number): void {
  const each = 7_000;
  for (let commit = 1; commit <= commits; commit++) {
    const events = Array.from({ length: each }, (_, i) => ({
      id: `${commit}-${i}`,
      label: `${commit}-${i}`.padEnd(LIMITS.skuChars, "漢"),
    }));
    fold.begin(commit, NOW, config);
    // As many as one commit takes together.
    fold.applyParts([partOf(batchOf(events, { receivedAt: NOW }))]);
  }
}

describe("what is stored", () => {
  it("fits while slices do not answer and products have the longest names", () => {
    const fold = newFold();
    foldLongNames(fold, 5);
    for (const [name, piece] of piecesOf(fold.save(NOW)))
      expect([name, bytes(piece) < STORED_BYTES_MAX]).toEqual([name, true]);
  });

  it("is told to a slice in calls that it can store, and that end", () => {
    const fold = newFold();
    foldLongNames(fold, 5);
    const slice = new ProductFold({ days: new LocalDays("UTC") });
    slice.begin(NOW);
    const [outgoing] = fold.outgoing.all();
    outgoing?.close();
    let calls = 0;
    for (let next: readonly Segment[] = []; (next = outgoing?.next() ?? []).length > 0; calls++) {
      expect(
        bytes({ now: NOW, commands: [{ type: "take", push: { name: "s", origin: "o", segments: next } }] }),
      ).toBeLessThan(STORED_BYTES_MAX);
      outgoing?.confirm(slice.take("o", next));
    }
    expect(calls).toBeGreaterThan(1);
    expect(fold.outgoing.since).toBeNull();
  });

  it("fits when orders come in many currencies in every minute of three days, and none is lost", () => {
    const fold = newFold();
    const change = { captured: 123_456_789, refunded: 98_765, orders: 1_000, units: 3_000, abandonedValue: 55_555 };
    for (let back = 0; back < 3 * 24 * 60; back++) {
      for (const currency of ["USD", "EUR", "GBP", "CAD", "AUD", "JPY"]) {
        fold.money.add(Math.floor(NOW / MINUTE) - back, currency, change, 1);
      }
    }
    const state = fold.save(NOW);
    const pieces = piecesOf(state);
    for (const [name, piece] of pieces) expect([name, bytes(piece) < STORED_BYTES_MAX]).toEqual([name, true]);
    expect(stateOf(pieces)).toEqual(state);
  });
});

describe("what a record is thought to take", () => {
  const long = (chars: number, n = 0) => `${n}`.padEnd(chars, "漢");
  const sku = (n: number) => long(LIMITS.skuChars, n);
  const lines = (count: number) =>
    Array.from({ length: count }, (_, n) => ({ sku: sku(n), quantity: 7, unitPrice: 1_999 }));
  const order = (
    type: "order.placed" | "order.paid" | "order.refunded",
    count = LIMITS.linesPerCart,
    n = 0,
  ): MoneyFact => ({
    v: 1,
    id: long(100, n),
    type,
    orderId: `ord_${String(n).padStart(32, "0")}`,
    cartId: long(64),
    visitorId: long(LIMITS.messageIdChars),
    version: type === "order.placed" ? 1 : type === "order.paid" ? 2 : 3,
    status: "paid",
    currency: "USD",
    total: 999_999_999,
    captured: type === "order.placed" ? 0 : 999_999_999,
    refunded: type === "order.refunded" ? 999_999_998 : 0,
    lines: lines(count),
    at: NOW,
  });

  it("is never less than it takes, in any script", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "é", "漢", "\u{1F9F4}", "\uD800", "\n"), maxLength: 300 });
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        text,
        fc.double(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("tree"), { maxLength: 20 }),
        fc.dictionary(text, tie("tree"), { maxKeys: 8 }),
      ),
    }));
    // The clone's header of two bytes is paid once per record.
    fc.assert(
      fc.property(tree, (value) => {
        expect(bytes(value)).toBeLessThanOrEqual(storedBytes(value) + 2);
      }),
    );
  });

  it("covers a fact of money by what its effect stores, also when the lines are those of an order that was known before", () => {
    let known: OrderMoney | undefined;
    const reported = { ...order("order.placed"), type: "order.reported", key: long(200), amount: 999_999_999 } as const;
    const refund: MoneyFact = {
      v: 1,
      id: "r",
      type: "order.reported_refund",
      key: long(200),
      currency: "USD",
      lines: [],
      at: NOW,
    };
    for (const facts of [
      [order("order.placed"), order("order.paid"), order("order.refunded")],
      [reported as MoneyFact, refund],
    ]) {
      known = undefined;
      for (const fact of facts) {
        const { row, effect } = foldMoney(known, fact);
        known = row;
        expect(bytes(effect), fact.type).toBeLessThanOrEqual(factBytes({ role: "money", fact }));
        expect(bytes(fact), fact.type).toBeLessThanOrEqual(factBytes({ role: "funnel", fact }));
      }
    }
  });

  it("a hundred orders of a hundred lines with the longest names go in requests that fit, each fact once", () => {
    const facts = Array.from(
      { length: 100 },
      (_, n) => ({ role: "money", fact: order("order.placed", 100, n) }) as const,
    );
    const part = partOf(batchOf([{ id: "e" }], { receivedAt: NOW }));
    const requests = requestsOf({ part, facts });
    for (const request of requests) {
      const stored = request.facts.map(({ fact }) =>
        fact.type === "order.placed" ? foldMoney(undefined, fact).effect : null,
      );
      expect(bytes(stored)).toBeLessThanOrEqual(requestBytes(request));
      expect(requestBytes(request)).toBeLessThan(STORED_BYTES_MAX / 2);
    }
    expect(requests.flatMap((request) => request.facts)).toEqual(facts);
    expect(requests.filter((request) => request.part !== undefined)).toEqual([{ part, facts: requests[0]?.facts }]);
    expect(requestsOf({ part, facts: [] })).toEqual([{ part, facts: [] }]);
    expect(requestsOf({ facts: facts.slice(0, 1) })).toEqual([{ facts: facts.slice(0, 1) }]);
  });

  it("five hundred products with the longest names, brands and addresses go in commands that fit", () => {
    const products = Array.from({ length: 500 }, (_, n) => ({
      sku: sku(n),
      name: long(LIMITS.nameChars),
      category: long(LIMITS.nameChars),
      brand: long(LIMITS.nameChars),
      image: long(LIMITS.urlChars),
      lookUp: "found" as const,
    }));
    const commands = enrichCommands(products);
    expect(bytes(products)).toBeGreaterThan(STORED_BYTES_MAX);
    for (const command of commands) {
      expect(bytes(command)).toBeLessThanOrEqual(commandBytes(command));
      expect(commandBytes(command)).toBeLessThan(STORED_BYTES_MAX / 2);
    }
    expect(commands.flatMap((command) => (command.type === "enrich" ? command.products : []))).toEqual(products);
    expect(enrichCommands([])).toEqual([]);
  });

  it("covers stock levels and rules as well", () => {
    const levels = Array.from({ length: 100 }, (_, n) => ({
      sku: sku(n),
      onHand: 9_999_999,
      reserved: 9_999,
      seq: NOW,
      at: NOW,
    }));
    const [rule] = Object.values(DEFAULT_RULES);
    if (!rule) throw new Error("no rules");
    const held = { id: long(64), version: 1, rule: { ...rule, name: long(LIMITS.nameChars) } };
    const commands: SliceCommand[] = [
      { type: "stock", levels },
      { type: "rules", lease: { version: 1, rules: Array.from({ length: LIMITS.alertRules }, () => ({ ...held })) } },
    ];
    for (const command of commands) expect(bytes(command), command.type).toBeLessThanOrEqual(commandBytes(command));
  });
});
