import { serialize } from "node:v8";
import { describe, expect, it } from "vitest";
import { piecesOf, stateOf } from "../../durable-objects/event-shard/state.ts";
import type { Segment } from "../../src/domain/events/deltas.ts";
import { type FoldConfig, ShardFold } from "../../src/domain/events/fold.ts";
import { IdMemory } from "../../src/domain/events/id-memory.ts";
import { ProductFold } from "../../src/domain/events/product-fold.ts";
import { LIMITS } from "../../src/domain/limits.ts";
import { LocalDays } from "../../src/domain/local-day.ts";
import { batchOf, partOf } from "../support/events.ts";

/**
 * Goal: whatever shoppers and reporters send, every record and piece that follows from it fits into what storage takes (2 MB on Cloudflare; locally
 * more, so no local run would tell). Threat: a shard that can make no checkpoint, or a slice that can take no push, starts over for ever.
 */
const STORED_BYTES_MAX = 2_000_000;
const NOW = Date.UTC(2026, 10, 27, 12);
const MINUTE = 60_000;
const config: FoldConfig = { slices: 1, cartFacts: "own" };
const newFold = () => new ShardFold({ ids: new IdMemory({ load: () => [], salt: 7 }), salt: 7, timeZone: "UTC" });
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
    fold.applyPart(partOf(batchOf(events, { receivedAt: NOW })));
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
