import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Board } from "../../src/domain/live.ts";
import { expectStatus, type ProblemBody, until } from "../support/client.ts";
import { LiveClient } from "../support/live.ts";
import { type Receiver, startReceiver, verified } from "../support/receiver.ts";
import { type Shop, startShop } from "../support/shop.ts";

/**
 * Goal: one breach is one webhook, provably from us, and one row on the console within a second. Threat: every sale below the threshold as an
 * alert of its own, a receiver that was away and gets it twice or never, a rule that was changed and does not count.
 */
let shop: Shop;
let receiver: Receiver;
const open: LiveClient[] = [];
beforeAll(async () => {
  receiver = await startReceiver();
  shop = await startShop({ vars: { WEBHOOK_TARGETS: "any", WEBHOOK_RETRY_SCALE: "0.02" } });
});
afterAll(async () => {
  for (const client of open) client.close();
  await shop?.close();
  await receiver?.close();
});

interface AlertBody {
  readonly id: string;
  readonly state: string;
  readonly sku?: string;
  readonly rule: { readonly id: string };
  readonly acknowledged?: { readonly by: string; readonly note: string };
  readonly muted_until?: string;
  readonly notified: boolean;
}
interface RuleBody {
  readonly id: string;
  readonly version: number;
  readonly threshold: number;
  readonly enabled: boolean;
}
interface EndpointBody {
  readonly id: string;
  readonly secret: string;
}
interface DeliveryBody {
  readonly type: string;
  readonly state: string;
  readonly attempts: readonly unknown[];
}
interface AlertEvent {
  readonly type: string;
  readonly data: { readonly alert: { readonly id: string; readonly sku?: string; readonly test?: boolean } };
}

const admin = <T>(method: string, path: string, body?: unknown) =>
  shop.client.admin<T>(method, `/admin/v1/${path}`, body);

async function endpoint(path: string, events: readonly string[] = ["alert.*"]): Promise<EndpointBody> {
  const body = { url: receiver.url(path), events, description: path };
  return (await expectStatus(201, admin<EndpointBody>("POST", "webhook-endpoints", body))).body;
}
// SAFETY: the verifier answers the parsed body, and the tests fail where it is another.
const eventsAt = (path: string, secret: string): AlertEvent[] =>
  receiver.at(path).map((call) => verified(secret, call) as unknown as AlertEvent);
const about = (sku: string, path: string, secret: string): AlertEvent[] =>
  eventsAt(path, secret).filter(({ data }) => data.alert.sku === sku);
const adjust = (sku: string, delta: number) =>
  expectStatus(200, admin("POST", `stock/${sku}/adjust`, { delta, reason: "test" }));
const alertsOf = async (sku: string): Promise<AlertBody[]> =>
  (await expectStatus(200, admin<{ data: AlertBody[] }>("GET", "alerts?limit=100"))).body.data.filter(
    (alert) => alert.sku === sku,
  );
const rowOf = (board: Board, sku: string) => board.alerts.filter((alert) => alert.sku === sku);

async function watch(): Promise<LiveClient> {
  const client = await LiveClient.open(shop.client.origin, shop.client.adminKey);
  open.push(client);
  await client.shows(({ shards }) => shards.length > 0);
  return client;
}

it("stock 12 -> 4 in one second: one webhook, verified, and one row on the console within a second", async () => {
  const { secret } = await endpoint("/once");
  const client = await watch();
  const sku = await shop.client.stock(12);
  await until(
    async () => (await shop.client.admin<{ stock: unknown }>("GET", `/admin/v1/analytics/products/${sku}`)).body,
    ({ stock, ...rest }) => stock !== null && "product" in rest,
  );
  const startedAt = Date.now();
  await Promise.all(Array.from({ length: 8 }, () => adjust(sku, -1)));
  const board = await client.shows((shown) => rowOf(shown, sku).length > 0);
  const shownAfterMs = Date.now() - startedAt;
  expect(rowOf(board, sku)).toMatchObject([{ kind: "stock_low", severity: "warning", rule: "stock_low" }]);
  expect(shownAfterMs).toBeLessThan(1_000);
  await until(
    async () => about(sku, "/once", secret),
    (events) => events.length > 0,
    5_000,
  );
  await client.shows((shown) => rowOf(shown, sku)[0]?.detail === "4 left to sell");
  expect(await alertsOf(sku)).toMatchObject([{ state: "in_force", notified: true }]);

  // Whatever was told of the sales is told before this.
  await adjust(sku, 30);
  await client.shows((shown) => rowOf(shown, sku).length === 0);
  await until(
    async () => about(sku, "/once", secret),
    (events) => events.length === 2,
    5_000,
  );
  expect(about(sku, "/once", secret)).toMatchObject([
    { type: "alert.fired", data: { alert: { rule: { id: "stock_low" }, threshold: 10, metric: "stock.available" } } },
    { type: "alert.cleared" },
  ]);
  expect(await alertsOf(sku)).toMatchObject([{ state: "cleared" }]);
});

it("a receiver that is away gets it when it is back, once", async () => {
  receiver.script("/away", [503, 503, 503, 200]);
  const { id, secret } = await endpoint("/away");
  const sku = await shop.client.stock(12);
  await adjust(sku, -8);
  await until(
    async () => about(sku, "/away", secret),
    (events) => events.length >= 4,
    30_000,
  );
  expect(new Set(receiver.at("/away").map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  // A repeat of what was told of the breach would come before its end, and what is not through yet would be tried again: neither is there.
  await adjust(sku, 30);
  const log = await until(
    async () => (await admin<{ data: DeliveryBody[] }>("GET", `webhook-endpoints/${id}/deliveries`)).body.data,
    ([newest]) => newest?.type === "alert.cleared" && newest.state === "delivered",
  );
  expect(log.map(({ type, state, attempts }) => [type, state, attempts.length])).toEqual([
    ["alert.cleared", "delivered", 1],
    ["alert.fired", "delivered", 4],
  ]);
});

describe("operators", () => {
  it("acknowledge and mute: the console shows who looks after it, and nobody else is told while it is muted", async () => {
    const { secret } = await endpoint("/muted");
    const client = await watch();
    const sku = await shop.client.stock(5);
    const [alert] = await until(
      () => alertsOf(sku),
      (alerts) => alerts.length > 0,
    );
    const id = alert?.id ?? "";
    await expectStatus(200, admin("POST", `alerts/${id}/acknowledge`, { note: "a delivery is on its way" }));
    const acknowledged = await client.shows((board) => rowOf(board, sku)[0]?.acknowledged !== undefined);
    expect(rowOf(acknowledged, sku)[0]?.acknowledged?.by).toBeTruthy();
    await expectStatus(200, admin("POST", `alerts/${id}/mute`, { for_s: 3_600 }));
    await client.shows((board) => rowOf(board, sku)[0]?.muted_until !== undefined);
    await until(
      async () => about(sku, "/muted", secret),
      (events) => events.length === 1,
    );
    await adjust(sku, 30);
    await until(
      () => alertsOf(sku),
      ([first]) => first?.state === "cleared",
    );
    await adjust(sku, -31);
    const [second] = await until(
      () => alertsOf(sku),
      (alerts) => alerts.length === 2,
    );
    expect(second).toMatchObject({ state: "in_force", notified: false });
    await expectStatus(200, admin("POST", `alerts/${second?.id}/unmute`));
    await until(
      async () => about(sku, "/muted", secret).filter(({ type }) => type === "alert.fired"),
      (events) => events.length === 2,
      10_000,
    );
    expect((await admin<ProblemBody>("POST", "alerts/alert_0000000000000000/mute", { for_s: 60 })).body.code).toBe(
      "unknown_alert",
    );
    const log = await admin<{ data: { path: string }[] }>("GET", "audit-log?limit=100");
    expect(log.body.data.map(({ path }) => path)).toContain(`/admin/v1/alerts/${id}/mute`);
  });

  it("a rule that is changed counts at once, a test arrives and says so, and what is wrong is refused with its field", async () => {
    const { secret } = await endpoint("/rules", ["alert.fired"]);
    const rules = (await expectStatus(200, admin<{ data: RuleBody[] }>("GET", "alert-rules"))).body.data;
    expect(rules.map(({ id }) => id)).toContain("stock_low");
    const sku = await shop.client.stock(50);
    const own = {
      name: "The new serum runs out",
      metric: "stock.available",
      scope: { kind: "product", sku },
      comparator: "below",
      threshold: 40,
      clear: 60,
      severity: "critical",
    };
    const made = await expectStatus(201, admin<RuleBody>("PUT", "alert-rules/serum", own));
    expect(made.headers.get("etag")).toBe('"1"');
    await adjust(sku, -15);
    await until(
      async () => about(sku, "/rules", secret),
      (events) => events.length === 1,
    );
    const { status, body } = await admin<ProblemBody>("PUT", "alert-rules/serum", { ...own, clear: 5 });
    expect([status, body.errors?.[0]?.pointer]).toEqual([422, "/clear"]);
    await expectStatus(202, admin("POST", "alert-rules/serum/test"));
    await until(
      async () => eventsAt("/rules", secret).filter(({ data }) => data.alert.test),
      (events) => events.length === 1,
    );
    await expectStatus(204, admin("DELETE", "alert-rules/serum"));
    await until(
      () => alertsOf(sku),
      ([alert]) => alert?.state === "cleared",
    );
    expect((await admin<ProblemBody>("DELETE", "alert-rules/stock_low")).body.code).toBe("default_rule");
  });
});
