import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { auditShop } from "../support/audit.ts";
import { descendantsOf, freePort, runShop, type ShopProcess } from "../support/process.ts";

const BUYERS = 50;
const stateDir = mkdtempSync(join(tmpdir(), "breakwater-crash-"));
let shop: ShopProcess | undefined;

afterEach(async () => {
  await shop?.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

it("survives kill -9 with fifty checkouts in flight: no charge without an order, no order charged twice, nothing in between", async () => {
  const ports = { stateDir, port: await freePort(), stripePort: await freePort() };
  shop = await runShop(ports);
  const { client } = shop;
  const sku = await client.stock(1_000);
  const carts = await Promise.all(Array.from({ length: BUYERS }, () => client.cart({ [sku]: 1 })));
  const keys = carts.map(() => crypto.randomUUID());
  const inFlight = carts.map((cart, i) =>
    client.checkout(cart, { payment_method: "pm_card_visa" }, keys[i]).catch(() => undefined),
  );
  // With the first answer some are accepted and being charged, and the others are in between.
  await Promise.race(inFlight);
  await shop.killRuntime();
  const answered = (await Promise.all(inFlight)).filter((answer) => answer?.status === 201);

  shop = await runShop(ports);
  // Every shopper does what a client does: the same request again, under the same key.
  const repeats = await Promise.all(
    carts.map((cart, i) => client.checkout(cart, { payment_method: "pm_card_visa" }, keys[i])),
  );
  expect(repeats.map(({ status }) => status)).toEqual(carts.map(() => 201));
  for (const before of answered) expect(repeats.some(({ body }) => body.id === before?.body.id)).toBe(true);
  const orders = await Promise.all(
    repeats.map(({ body }) => client.settled(body.id, (order) => order.status === "paid", 60_000)),
  );
  expect(new Set(orders.map((order) => order.payment.intent)).size).toBe(BUYERS);

  const { balanced, text } = await auditShop(client, 60);
  expect(balanced, text).toBe(true);
  const { body } = await client.control<{ state: { charges: { succeeded: number } } }>("GET", "/stats");
  expect(body.state.charges.succeeded).toBe(BUYERS);
});

it("ends on Ctrl-C and leaves no process behind, twice in a row on the same state", async () => {
  const ports = { stateDir, port: await freePort(), stripePort: await freePort() };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    shop = await runShop(ports);
    const family = descendantsOf(process.pid).filter(({ command }) =>
      /workerd|wrangler|stripe\/index|start\.ts/.test(command),
    );
    expect(family.length).toBeGreaterThan(2);
    expect(await shop.stop(signal)).toBe(0);
    shop = undefined;
    const left = descendantsOf(1).filter(({ pid }) => family.some((member) => member.pid === pid));
    expect(left).toEqual([]);
  }
});
