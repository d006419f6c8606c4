import { describe, expect, it, vi } from "vitest";
import { LiveBoard } from "../../durable-objects/live-board/live-board.ts";
import { PaymentThrottle } from "../../durable-objects/payment-throttle/payment-throttle.ts";
import { ProductMetrics } from "../../durable-objects/product-metrics/product-metrics.ts";
import { type AlertMetric, METRICS } from "../../src/domain/alerts/metrics.ts";
import { type AlertRule, alertRuleSchema } from "../../src/domain/alerts/rule.ts";
import { allSlices, parseSlices } from "../../src/domain/events/routing.ts";
import { LaneTally } from "../../src/domain/pipeline/report.ts";
import { PIPELINE } from "../../src/domain/pipeline/stages.ts";
import { toldOf } from "../support/objects-alerts.ts";
import { env, newId, runDueWork } from "../support/objects.ts";
import { atQuarter, keysOf, report } from "../support/objects-flags.ts";

/**
 * Goal: whatever a rule may watch is measured, and a rule about a category sees all of it, wherever its products are. Threats: a metric that can be chosen and
 * is never measured, so that its rule is silent for ever; a category of which only one slice is looked at; a slice that is away and counts as nothing.
 */
const book = () => env.ALERT_BOOK.getByName("shop");
const [firstName = "", secondName = ""] = allSlices(parseSlices(env.PRODUCT_SLICES));
const first = () => env.PRODUCT_METRICS.getByName(firstName);
const second = () => env.PRODUCT_METRICS.getByName(secondName);

const ruleOf = (metric: AlertMetric, over: Partial<AlertRule>): AlertRule =>
  alertRuleSchema.parse({ name: metric, metric, comparator: "above", severity: "info", ...over });
async function put(id: string, rule: AlertRule): Promise<void> {
  expect(await book().putRule({ id, rule, by: "ada" })).toMatchObject({ ok: true });
}
const inForce = async (id: string) => (await book().onBoard()).shown.filter(({ rule }) => rule.id === id);
async function look(): Promise<void> {
  await book().wake(0);
  await runDueWork(book());
}

/** Of the board; that these come from what the shards counted is tested in test/unit/alert-figures.test.ts. */
const OF_BOARD = [
  "revenue.per_minute",
  "orders.last_10m",
  "conversion.last_60m",
  "conversion.against_yesterday",
  "abandonment.last_60m",
  "latency.event_to_frame_p99",
] as const satisfies readonly AlertMetric[];

describe("every metric", () => {
  it("that a rule can name is measured: of the shop", async () => {
    const ledger = { at: 0, received: 0, rejected: 0 };
    const figures = vi.spyOn(LiveBoard.prototype, "figures");
    figures.mockResolvedValue({ measured: Object.fromEntries(OF_BOARD.map((metric) => [metric, 5])), ledger });
    vi.spyOn(PaymentThrottle.prototype, "outlook").mockReturnValue({ waitMs: 0, queueMs: 5_000 });
    await env.PAYMENT_THROTTLE.getByName("stripe").report(
      Array.from({ length: 4 }, () => ({ operation: "refunds.create", outcome: "indefinite", latencyMs: 1 }) as const),
    );
    const oldestMessageTimestamp = new Date(Date.now() - 120_000);
    vi.spyOn(Object.getPrototypeOf(env.ORDERS_QUEUE) as Queue, "metrics").mockResolvedValue({
      backlogCount: 7,
      backlogBytes: 1,
      oldestMessageTimestamp,
    });
    await env.DEAD_LETTERS.getByName("orders-dead").add(
      [{ messageId: newId("ord"), body: "{}", attempts: 1, at: 1 }],
      "orders",
    );
    const tally = new LaneTally();
    for (let n = 0; n < 20; n++) tally.done(1);
    for (let n = 0; n < 10; n++) tally.failed(1, new Error("D1"));
    await env.PIPELINE_COORDINATOR.getByName(PIPELINE).report({ from: "test", lanes: [tally.report("orders")] });
    const shop = Object.entries(METRICS).flatMap(([metric, { of }]) => (of === "shop" ? [metric as AlertMetric] : []));
    for (const metric of shop) {
      await put(
        `m-${metric.replaceAll(".", "-")}`,
        ruleOf(metric, { scope: { kind: "shop" }, threshold: 0, clear: 0 }),
      );
    }
    await look();
    // A share of events needs two looks, a minute apart.
    figures.mockResolvedValue({ measured: {}, ledger: { at: 90_000, received: 1_000, rejected: 500 } });
    await look();
    const values = Object.fromEntries(
      (await book().onBoard()).shown.flatMap(({ rule, value }) =>
        rule.id.startsWith("m-") ? [[rule.metric, value]] : [],
      ),
    );
    expect(Object.keys(values).toSorted()).toEqual(shop.toSorted());
    expect(values).toMatchObject({
      "events.rejected_share": 0.5,
      "queues.backlog": 28,
      "dead_letters.count": 1,
      "payments.wait": 5,
      "payments.failed_share": 0.8,
      "stages.error_share": 10 / 30,
    });
    expect(values["queues.oldest_age"]).toBeGreaterThanOrEqual(120);
  });

  it("that a rule can name is measured: of products and of flags", async () => {
    const others = Object.entries(METRICS).flatMap(([metric, { of }]) => (of === "shop" ? [] : [metric]));
    expect(others.toSorted()).toEqual(["flag.rolled_back", "orders.per_minute", "stock.available", "views.per_minute"]);
    const [sku, minute] = ["METRIC-1", Math.floor(Date.now() / 60_000)];
    for (const metric of ["views.per_minute", "orders.per_minute"] as const) {
      const rule = ruleOf(metric, { scope: { kind: "product", sku }, threshold: 2, clear: 0 });
      await put(metric.replaceAll(".", "-"), rule);
    }
    await first().stockLevels([{ sku, onHand: 3, reserved: 0, seq: 1, at: 1 }]);
    const money = { sku, minute, currency: "USD", orders: 4, units: 4, revenue: 4_000 };
    const delta = {
      skus: [sku],
      product: Uint32Array.of(0),
      minute: Uint32Array.of(minute),
      views: Uint32Array.of(9),
      adds: Uint32Array.of(0),
      checkouts: Uint32Array.of(0),
      money: [money],
    };
    const segments = [{ after: 0, to: 1, foldedAt: Date.now(), delta }];
    await first().take({ name: "shard-0", origin: crypto.randomUUID(), segments });
    const flag = await atQuarter();
    await flag.object().report(report(1, 0, keysOf(5)));
    await vi.waitFor(async () => {
      const of = (await book().onBoard()).shown.filter(({ subject }) => [sku, flag.key].includes(subject.key));
      expect(new Set(of.map(({ rule }) => rule.metric))).toEqual(new Set(others));
    });
  });
});

describe("a rule about a category", () => {
  const rule = ruleOf("stock.available", {
    scope: { kind: "category", category: "lips" },
    comparator: "below",
    threshold: 10,
    clear: 20,
    severity: "critical",
  });
  const facts = (sku: string, category = "lips") =>
    ({ sku, name: sku, category, brand: "", image: "", lookUp: "found" }) as const;
  const level = (sku: string, onHand: number, seq: number) => ({ sku, onHand, reserved: 0, seq, at: Date.now() });
  const said = () => toldOf("lips").map(({ type, alert }) => `${type} ${alert.value}`);

  it("sums its products over all slices, fires once, says which category, and is over when the sum is back", async () => {
    vi.spyOn(LiveBoard.prototype, "figures").mockResolvedValue(null);
    await first().stockLevels([level("CAT-A", 30, 1), level("CAT-X", 1, 1)]);
    await second().stockLevels([level("CAT-B", 4, 1)]);
    await first().enrich([facts("CAT-A"), facts("CAT-X", "eyes")]);
    await second().enrich([facts("CAT-B")]);
    await put("lips", rule);
    await look();
    expect(await inForce("lips")).toEqual([]);
    // 4 + 5: neither slice alone knows that it is below ten.
    await first().stockLevels([level("CAT-A", 5, 2)]);
    await look();
    await look();
    expect(await inForce("lips")).toMatchObject([{ subject: { kind: "category", key: "lips" }, value: 9 }]);
    await vi.waitFor(() => expect(said()).toEqual(["alert.fired 9"]));
    // One that is away is not one that has nothing: the rest of the sum says nothing.
    const away = vi.spyOn(ProductMetrics.prototype, "category").mockImplementationOnce(() => {
      throw new Error("restarting");
    });
    await second().stockLevels([level("CAT-B", 25, 2)]);
    await look();
    expect(away).toHaveBeenCalled();
    expect(await inForce("lips")).toHaveLength(1);
    away.mockRestore();
    await look();
    expect(await inForce("lips")).toEqual([]);
    await vi.waitFor(() => expect(said()).toEqual(["alert.fired 9", "alert.cleared 30"]));
  });

  it("ends with its rule, and one that names a product metric only is taken", async () => {
    vi.spyOn(LiveBoard.prototype, "figures").mockResolvedValue(null);
    await put("lips", { ...rule, threshold: 1_000, clear: 2_000 });
    await look();
    expect(await inForce("lips")).toHaveLength(1);
    expect(await book().removeRule("lips")).toMatchObject({ ok: true });
    expect(await inForce("lips")).toEqual([]);
    expect(alertRuleSchema.safeParse({ ...rule, metric: "queues.backlog" }).success).toBe(false);
  });
});
