import { afterAll, beforeAll, expect, it } from "vitest";
import { auditShop } from "../support/audit.ts";
import { expectStatus, until } from "../support/client.ts";
import { deployWith } from "../support/deploy.ts";
import { FlagClient, isLegacyId, legacyStats, sharedProduct } from "../support/rollout.ts";
import { type Shop, startShop } from "../support/shop.ts";

/**
 * Goal: what may have been done is not done again elsewhere. Threat: the new path places the order, its answer is lost, and the monolith, asked to help,
 * charges the shopper once more.
 */
const SHOPPERS = 7;
let shop: Shop;
let sku: string;
beforeAll(async () => {
  shop = await startShop({ legacy: true, vars: { FLAG_DWELL_MS: "0" } });
  sku = await sharedProduct(shop, 1_000);
  await new FlagClient(shop.client, "cart.write").climb(5);
  await new FlagClient(shop.client, "checkout.write").climb(5);
  await deployWith(shop, "objects", { "./cart/cart.ts": "test/support/forgetful-cart.ts" });
});
afterAll(() => shop?.close());

interface Accepted {
  readonly status: string;
  readonly order_id: string;
}

it("an answer that is lost after the order was placed is 202 with the order's address; the monolith is not asked", async () => {
  const { client } = shop;
  const carts: string[] = [];
  while (carts.length < SHOPPERS) {
    const id = await until(
      () => client.cart({ [sku]: 1 }),
      (made) => !isLegacyId(made),
    );
    carts.push(id);
  }
  const accepted: Accepted[] = [];
  for (const [index, cart] of carts.slice(0, 5).entries()) {
    // One of them writes its key as the IETF draft has it; sent again without the quotes below, it is the same key.
    const key = index === 0 ? `"key-${cart}"` : `key-${cart}`;
    const answer = await expectStatus(202, client.checkout<Accepted>(cart, undefined, key));
    expect(answer.headers.get("location")).toBe(`/v1/orders/${answer.body.order_id}`);
    accepted.push(answer.body);
  }
  for (const { order_id: id } of accepted) expect(await client.settled(id)).toMatchObject({ status: "paid" });
  expect((await legacyStats(shop.legacy)).orders).toEqual([]);
  const flag = await new FlagClient(client, "checkout.write").settled(({ state }) => state === "rolled_back");
  expect(flag.errors[0]).toMatchObject({ outcome: "indefinite" });

  // After the rollback the same request finds the order where it is; a cart that had not got that far goes to the monolith.
  await deployWith(shop, "objects", {});
  const again = await expectStatus(201, client.checkout(carts[0] ?? "", undefined, `key-${carts[0]}`));
  expect(again.body.id).toBe(accepted[0]?.order_id);
  expect((await legacyStats(shop.legacy)).orders).toEqual([]);
  const fresh = await expectStatus(201, client.checkout(carts[6] ?? "", undefined, "after"));
  expect(isLegacyId(fresh.body.id)).toBe(true);
});

it("every shopper was charged once, and the books balance", async () => {
  const { body } = await shop.client.stripe<{ data: { metadata: { order_id: string }; status: string }[] }>(
    "/v1/payment_intents?limit=100",
  );
  const charges = body.data.filter(({ status }) => status === "succeeded").map(({ metadata }) => metadata.order_id);
  expect(charges).toHaveLength(6);
  expect(new Set(charges).size).toBe(6);
  const audit = await auditShop(shop.client);
  expect(audit.balanced, audit.text).toBe(true);
});
