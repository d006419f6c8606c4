import { afterAll, beforeAll, expect, it } from "vitest";
import { type CartBody, expectStatus, until } from "../support/client.ts";
import { deployWith } from "../support/deploy.ts";
import { FlagClient, isLegacyId, sharedProduct } from "../support/rollout.ts";
import { type Shop, startShop } from "../support/shop.ts";

/** Goal: a coordinator that answers nobody closes the path and holds nobody up. Threat: the thing that protects the shop takes it down. */
let shop: Shop;
let sku: string;
beforeAll(async () => {
  shop = await startShop({ legacy: true, vars: { FLAG_DWELL_MS: "0" } });
  sku = await sharedProduct(shop, 1_000);
});
afterAll(() => shop?.close());

const newCart = async (): Promise<string> =>
  (await expectStatus(201, shop.client.send<CartBody>("POST", "/v1/carts", { body: {} }))).body.id;
const addLine = (id: string) =>
  shop.client.send<CartBody>("POST", `/v1/carts/${id}/lines`, { body: { sku, quantity: 1 } });

it("everybody goes the safe way within the lease, carts and orders included, and no request takes longer than a few seconds", async () => {
  for (const key of ["cart.write", "checkout.write", "payment.webhook"])
    await new FlagClient(shop.client, key).climb(5);
  const own = await until(newCart, (id) => !isLegacyId(id));
  await expectStatus(200, addLine(own));

  await deployWith(shop, "objects", {
    "./flag-coordinator/flag-coordinator.ts": "test/support/silent-coordinator.ts",
  });
  const durations: number[] = [];
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const result = await work();
    durations.push(performance.now() - began);
    return result;
  };
  await until(() => timed(newCart), isLegacyId, 15_000);
  const moved = await expectStatus(
    200,
    timed(() => addLine(own)),
  );
  expect(isLegacyId(moved.body.id)).toBe(true);
  expect(moved.body.lines).toMatchObject([{ sku, quantity: 2 }]);
  const placed = await expectStatus(
    201,
    timed(() => shop.client.checkout(own)),
  );
  expect(placed.body).toMatchObject({ served_by: "legacy", status: "paid" });
  await Promise.all(Array.from({ length: 30 }, () => timed(newCart)));
  expect(Math.max(...durations)).toBeLessThan(4_000);
  const delivered = await until(
    async () => (await shop.client.control<{ data: { status?: number }[] }>("GET", "/deliveries?limit=1")).body.data[0],
    (delivery) => delivery?.status === 200,
  );
  expect(delivered?.status).toBe(200);
});
