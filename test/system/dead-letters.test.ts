import { afterAll, beforeAll, expect, it } from "vitest";
import { auditShop } from "../support/audit.ts";
import { expectStatus, type ProblemBody, until } from "../support/client.ts";
import { type Shop, startShop } from "../support/shop.ts";

/**
 * Goal: what ran out of retries is seen, explained, and sent again when the reason is gone, once in effect. Threat: a dead message is lost
 * money; a replayed one counts double.
 */
interface Letter {
  readonly seq: number;
  readonly message_id: string;
  readonly cause: string;
  readonly status: string;
  readonly settled?: { readonly by: string; readonly reason: string };
  readonly body?: unknown;
  readonly mismatches?: readonly { readonly path: string }[];
}
interface QueueOverview {
  readonly queue: string;
  readonly count: number;
  readonly unsent: number;
  readonly causes: readonly { readonly cause: string; readonly count: number }[];
}
interface CauseReplay {
  readonly replayed: number;
  readonly unparseable: number;
  readonly next_after: number | null;
}
interface StockEntry {
  readonly level: { readonly seq: number };
  readonly projection: { readonly seq: number } | null;
}
interface Bindings {
  readonly DB: { prepare(sql: string): { run(): Promise<unknown> } };
  readonly ORDERS_QUEUE: { send(body: unknown): Promise<void> };
}

const DEAD = "/admin/v1/dead-letters";
/** Four deliveries, 5, 10 and 20 seconds apart at most. */
const DEATH_MS = 90_000;

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop?.close());

const bindings = (): Promise<Bindings> => shop.harness.getWorker<Bindings>("breakwater-ops").getEnv();
const overview = async (queue: string): Promise<QueueOverview> => {
  const { body } = await expectStatus(200, shop.client.admin<{ data: QueueOverview[] }>("GET", DEAD));
  const found = body.data.find((entry) => entry.queue === queue);
  if (!found) throw new Error(`no ${queue}`);
  return found;
};
const factsOf = async (type: string): Promise<number> => {
  const { body } = await shop.client.admin<{ data: { type: string; count: number }[] }>("GET", "/admin/v1/facts");
  return body.data.find((fact) => fact.type === type)?.count ?? 0;
};

it("a poison message ends dead, names the place that is wrong, is not sent again, and is discarded with a reason", async () => {
  const { client } = shop;
  const { ORDERS_QUEUE } = await bindings();
  const fact = { type: "captured", intent: "pi_1", amount: "24.95", currency: "USD", attempt: 1, at: 0 };
  const poison = { v: 1, type: "payment.fact", id: "poison", orderId: "ord_1", source: "api", fact };
  await ORDERS_QUEUE.send(poison);
  const { causes } = await until(
    () => overview("orders-dead"),
    ({ count }) => count === 1,
  );
  expect(causes).toMatchObject([{ cause: expect.stringMatching(/^unparseable\./), count: 1 }]);

  const { body: list } = await client.admin<{ data: Letter[]; count: number }>("GET", `${DEAD}/orders-dead`);
  expect(list).toMatchObject({ count: 1, data: [{ status: "dead", cause: causes[0]?.cause }] });
  const path = `${DEAD}/orders-dead/${list.data[0]?.seq}`;
  const { body: letter } = await expectStatus(200, client.admin<Letter>("GET", path));
  expect(letter).toMatchObject({
    parseable: false,
    mismatches: [{ path: "/fact/amount", expected: "number", actual: 'the text "24.95"' }],
    body: poison,
  });

  const replay = await client.admin<ProblemBody>("POST", `${path}/replay`);
  expect(replay).toMatchObject({ status: 409, body: { code: "letter_unparseable", mismatches: letter.mismatches } });
  expect(await client.admin("POST", `${path}/discard`, {})).toMatchObject({ status: 422 });
  const reason = "written by hand for a test";
  const made = { name: "on call", scopes: ["dead_letters:write"] };
  const { body: onCall } = await client.admin<{ id: string; key: string }>("POST", "/admin/v1/keys", made);
  const headers = { authorization: `Bearer ${onCall.key}` };
  const discarded = await expectStatus(200, client.send("POST", `${path}/discard`, { body: { reason }, headers }));
  // The key's id and not what it is called: names change and are not unique.
  expect(discarded.body).toMatchObject({ status: "discarded", settled: { reason, by: onCall.id }, repeated: false });
  const again = await client.admin("POST", `${path}/discard`, { reason: "another" });
  expect(again.body).toMatchObject({ settled: { reason }, repeated: true });
  expect(await client.admin("POST", `${path}/replay`)).toMatchObject({
    status: 409,
    body: { code: "letter_discarded" },
  });
  expect((await overview("orders-dead")).count).toBe(0);
  const history = await client.admin<{ data: Letter[] }>("GET", `${DEAD}/orders-dead?status=discarded`);
  expect(history.body.data).toHaveLength(1);
});

it("while D1 is in trouble only its mirror of the stock dies: orders are counted on, and what died is replayed by cause, once in effect", async () => {
  const { client } = shop;
  const { DB } = await bindings();
  const sku = await client.stock(2);
  await client.drained("events");
  const paidBefore = await factsOf("order.paid");
  const trouble = "CREATE TRIGGER trouble BEFORE INSERT ON stock_levels BEGIN SELECT RAISE(ABORT, 'trouble'); END";
  await DB.prepare(trouble).run();
  expect(await client.buy({ [sku]: 1 })).toMatchObject({ status: "paid" });
  await until(
    () => factsOf("order.paid"),
    (paid) => paid === paidBefore + 1,
  );
  // The others die with it or, if they are not dead yet, are delivered once D1 is well again.
  await until(
    () => overview("events-dead"),
    ({ causes }) => causes.some(({ cause }) => cause === "gave_up.stock.level"),
    DEATH_MS,
  );
  await DB.prepare("DROP TRIGGER trouble").run();

  const { causes } = await overview("events-dead");
  expect(causes.map(({ cause }) => cause)).toEqual(["gave_up.stock.level"]);
  const { body: page } = await client.admin<{ data: Letter[] }>("GET", `${DEAD}/events-dead?cause=gave_up.stock.level`);
  const { seq } = page.data[0] ?? { seq: 0 };
  const [cause = ""] = causes.map((each) => each.cause);
  const replay = () => client.admin<CauseReplay>("POST", `${DEAD}/events-dead/replay`, { cause });
  const { body: first } = await expectStatus(200, replay());
  expect(first).toMatchObject({ unparseable: 0, next_after: null });
  expect(first.replayed).toBeGreaterThan(0);
  await until(
    () => overview("events-dead"),
    ({ unsent }) => unsent === 0,
  );
  const repeated = await client.admin<Letter>("POST", `${DEAD}/events-dead/${seq}/replay`);
  expect(repeated.body).toMatchObject({ seq, status: "replayed", repeated: true, settled: { by: "bootstrap" } });
  // Older levels change nothing, however late they come; nothing was counted twice.
  expect(await factsOf("order.paid")).toBe(paidBefore + 1);
});

it("what does not exist is said so", async () => {
  const { client } = shop;
  expect(await client.admin("GET", `${DEAD}/orders-dead/999`)).toMatchObject({
    status: 404,
    body: { code: "unknown_letter" },
  });
  expect(await client.admin("GET", `${DEAD}/orders`)).toMatchObject({ status: 422 });
  expect(await client.admin("POST", `${DEAD}/orders-dead/zero/replay`)).toMatchObject({ status: 422 });
  expect(await client.admin("POST", `${DEAD}/orders-dead/replay`, {})).toMatchObject({ status: 422 });
});

it("balances afterwards, the stock levels that died on the way included", async () => {
  const { client } = shop;
  // Facts of the time without a table may still wait for their last delivery, where no backlog shows them; they arrive, or die and are replayed.
  await until(
    async () => {
      const { causes } = await overview("events-dead");
      for (const { cause } of causes) await client.admin("POST", `${DEAD}/events-dead/replay`, { cause });
      const { body } = await client.admin<{ data: StockEntry[] }>("GET", "/admin/v1/audit/stock");
      return causes.length + body.data.filter(({ level, projection }) => level.seq !== projection?.seq).length;
    },
    (left) => left === 0,
    DEATH_MS,
  );
  const { balanced, text } = await auditShop(shop.client);
  expect(balanced, text).toBe(true);
});
