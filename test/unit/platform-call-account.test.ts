import { expect, it } from "vitest";
import { CallAccount } from "../../durable-objects/payment-throttle/call-account.ts";

it("latency quantiles are right to one per cent, and outcomes are counted by operation", () => {
  const account = new CallAccount(0);
  expect(account.figures(0)).toEqual({ since: 0, outcomes: [], latencyMs: null, failedShare: null });
  const values = Array.from({ length: 5_000 }, (_, i) => Math.round(Math.exp(i / 600)) + 20);
  account.add(
    values.map((latencyMs) => ({ operation: "payment_intents.create", outcome: "answered", latencyMs })),
    0,
  );
  account.add([{ operation: "refunds.create", outcome: "indefinite", latencyMs: 30 }], 0);
  const { latencyMs, outcomes } = account.figures(0);
  const sorted = [...values, 30].toSorted((a, b) => a - b);
  for (const [name, quantile] of [
    ["p50", 0.5],
    ["p90", 0.9],
    ["p99", 0.99],
  ] as const) {
    const exact = sorted[Math.floor(quantile * (sorted.length - 1))] ?? 0;
    expect(Math.abs((latencyMs?.[name] ?? 0) - exact)).toBeLessThanOrEqual(exact * 0.01 + 1);
  }
  expect(outcomes).toContainEqual({ operation: "refunds.create", outcome: "indefinite", count: 1 });
});
