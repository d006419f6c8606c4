import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { auditShop } from "../support/audit.ts";
import { type CartBody, expectStatus, until } from "../support/client.ts";
import { FlagClient, isLegacyId, legacyControl, legacyStats, sharedProduct } from "../support/rollout.ts";
import { type Shop, startShop } from "../support/shop.ts";

/**
 * Goal: one write path after the other is moved from the monolith, and taken back by itself when it fails, while shoppers notice nothing. Threats: two
 * charges for one checkout, a cart that neither side has, a fault of the monolith that is blamed on the new path.
 */
let shop: Shop;
let sku: string;
beforeAll(async () => {
  shop = await startShop({ legacy: true, vars: { FLAG_DWELL_MS: "0", MIRROR_SHARE: "10000" } });
  sku = await sharedProduct(shop, 10_000);
});
afterAll(() => shop?.close());

const flagOf = (key: string): FlagClient => new FlagClient(shop.client, key);
const newCart = async (): Promise<string> =>
  (await expectStatus(201, shop.client.send<CartBody>("POST", "/v1/carts", { body: {} }))).body.id;
const addLine = (id: string) =>
  shop.client.send<CartBody>("POST", `/v1/carts/${id}/lines`, { body: { sku, quantity: 1 } });
const intents = async (): Promise<{ metadata: { order_id?: string }; status: string }[]> =>
  (
    await shop.client.stripe<{ data: { metadata: { order_id?: string }; status: string }[] }>(
      "/v1/payment_intents?limit=100",
    )
  ).body.data;

describe("before anything is moved", () => {
  it("the monolith answers: its pages, its catalog, carts and checkouts", async () => {
    const { client } = shop;
    expect(await client.send("GET", "/")).toMatchObject({ status: 200, body: expect.stringContaining("The monolith") });
    expect(await client.send("GET", "/v1/products")).toMatchObject({ body: { served_by: "legacy" } });
    expect(await client.send("GET", "/nothing/of/ours")).toMatchObject({ status: 404, body: { code: "not_found" } });
    const id = await newCart();
    expect(isLegacyId(id)).toBe(true);
    await expectStatus(200, addLine(id));
    const placed = await expectStatus(201, client.checkout(id));
    expect(placed.body).toMatchObject({ status: "paid", served_by: "legacy" });
    expect(await client.order(placed.body.id)).toMatchObject({ status: "paid" });
  });

  it("nobody outside reaches the monolith's own door, and nobody can speak as one of our Workers", async () => {
    const { client } = shop;
    expect(await client.send("POST", "/_breakwater/carts", { body: {} })).toMatchObject({ status: 404 });
    const headers = { "x-breakwater-webhook": "dry-run", "x-breakwater-epoch": "0" };
    expect(await client.send("POST", "/webhooks/stripe", { raw: "{}", headers })).toMatchObject({ status: 400 });
  });

  it("in the shadow every answer is the monolith's, the new path computes the same, and that is the evidence", async () => {
    const [carts, checkouts] = [flagOf("cart.write"), flagOf("checkout.write")];
    await carts.command("start");
    await checkouts.command("start");
    await until(
      async () => {
        const id = await newCart();
        expect(isLegacyId(id)).toBe(true);
        // A copy is written after the answer, so the next request must not overtake it.
        await new Promise((resolve) => setTimeout(resolve, 60));
        await expectStatus(200, addLine(id));
        await new Promise((resolve) => setTimeout(resolve, 60));
        await expectStatus(201, shop.client.checkout(id));
        return Promise.all([carts.read(), checkouts.read()]);
      },
      (flags) => flags.every(({ evidence }) => (evidence?.operations ?? 0) >= 3),
      30_000,
    );
    expect((await carts.read()).evidence?.errors).toBe(0);
    expect((await checkouts.read()).evidence?.errors).toBe(0);
    // Not one of them is the shop's own, and nothing was reserved for it.
    expect((await shop.client.admin<{ data: unknown[] }>("GET", "/admin/v1/orders")).body.data).toEqual([]);
    expect(await shop.client.level(sku)).toMatchObject({ reserved: 0, sold: 0 });
  });

  it("a new path that computes something else is found in the shadow", async () => {
    await legacyControl(shop.legacy, "POST", "/products", { sku, name: "dearer", price: 2_100 });
    const carts = flagOf("cart.write");
    await until(
      async () => {
        const id = await newCart();
        await new Promise((resolve) => setTimeout(resolve, 60));
        await expectStatus(200, addLine(id));
        return carts.read();
      },
      ({ evidence }) => (evidence?.errors ?? 0) > 0,
      30_000,
    );
    expect((await carts.read()).errors[0]).toMatchObject({
      outcome: "mismatch",
      detail: expect.stringContaining("2100"),
    });
    expect((await carts.read()).guard.s).toBe(0);
    await legacyControl(shop.legacy, "POST", "/products", { sku, name: "as before", price: 2_000 });
  });
});

describe("on the way up", () => {
  it("at 100 % carts and orders are the shop's own, and those that the monolith made stay there", async () => {
    const old = await newCart();
    for (const key of ["cart.write", "checkout.write"]) {
      for (let rung = 1; rung <= 5; rung++) await flagOf(key).command("advance");
      expect(await flagOf(key).read()).toMatchObject({ state: "complete", share_percent: 100, epoch: 1 });
    }
    // What the front door was told before holds for some seconds, and a cart that is checked out meanwhile is handed over.
    const order = await until(
      async () => {
        const id = await until(newCart, (made) => !isLegacyId(made));
        await expectStatus(200, addLine(id));
        return (await expectStatus(201, shop.client.checkout(id))).body;
      },
      ({ id }) => id.startsWith("ord_"),
    );
    expect(await shop.client.settled(order.id)).toMatchObject({ status: "paid" });
    const { body } = await expectStatus(200, addLine(old));
    expect(body.id).toBe(old);
    expect((await expectStatus(201, shop.client.checkout(old))).body).toMatchObject({ served_by: "legacy" });
  });

  it("pitfall 21: a checkout that is repeated under its key is answered again and is no other trial", async () => {
    const checkouts = flagOf("checkout.write");
    const id = await until(newCart, (made) => !isLegacyId(made));
    await expectStatus(200, addLine(id));
    const first = await expectStatus(201, shop.client.checkout(id, undefined, "again"));
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    const before = (await checkouts.read()).evidence?.operations;
    for (let i = 0; i < 10; i++) {
      const again = await expectStatus(201, shop.client.checkout(id, undefined, "again"));
      expect(again.body.id).toBe(first.body.id);
    }
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect((await checkouts.read()).evidence?.operations).toBe(before);
  });

  it("pitfall 21: 4xx, declines and a monolith in trouble roll nothing back", async () => {
    const { client } = shop;
    await legacyControl(shop.legacy, "POST", "/faults", { paths: ".", status: 500 });
    for (let i = 0; i < 12; i++) {
      expect(await client.send("GET", "/nothing")).toMatchObject({ status: 500 });
      // Nearly a guarded path, and none: the monolith is asked, once.
      expect(await client.send("POST", "/v1/carts/", { body: {} })).toMatchObject({ status: 500 });
    }
    expect((await legacyStats(shop.legacy)).calls["POST /v1/carts/"]).toBe(12);
    for (let i = 0; i < 12; i++) {
      await expectStatus(404, addLine("cart_01890000-0000-7000-8000-000000000000"));
      const id = await until(newCart, (made) => !isLegacyId(made));
      await expectStatus(422, client.send("POST", `/v1/carts/${id}/lines`, { body: { sku: "NO-SUCH", quantity: 1 } }));
      await expectStatus(409, client.checkout(id));
    }
    await legacyControl(shop.legacy, "DELETE", "/faults");
    const declined = await until(newCart, (made) => !isLegacyId(made));
    await expectStatus(200, addLine(declined));
    const order = await expectStatus(201, client.checkout(declined, { payment_method: "pm_card_visa_chargeDeclined" }));
    expect(await client.settled(order.body.id)).toMatchObject({ status: "payment_failed" });
    for (const key of ["cart.write", "checkout.write"]) {
      expect(await flagOf(key).read()).toMatchObject({ state: "complete", guard: { s: 0 } });
    }
  });
});

describe("when the new path fails", () => {
  /** Carts of the shop's own when carts are closed: one is changed after that, the other is not. */
  let moved = "";
  let kept = "";

  it("every shopper gets an order all the same, the path is rolled back, and nobody pays twice", async () => {
    const { client } = shop;
    const checkouts = flagOf("checkout.write");
    const carts = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const id = await until(newCart, (made) => !isLegacyId(made));
        await expectStatus(200, addLine(id));
        return id;
      }),
    );
    await checkouts.rehearse("throw");
    const before = (await intents()).length;
    const answers: string[] = [];
    for (const id of carts) {
      // The fault comes with the next lease; until then the new path still works.
      const placed = await expectStatus(201, client.checkout(id, undefined, `fault-${id}`));
      answers.push(placed.body.id);
      await new Promise((resolve) => setTimeout(resolve, 600));
    }
    const flag = await checkouts.settled(({ state }) => state === "rolled_back");
    expect(flag).toMatchObject({ share_percent: 0, epoch: 2 });
    expect(flag.errors[0]).toMatchObject({ code: "rehearsed_fault", outcome: "definite_fail" });
    expect(answers.some(isLegacyId)).toBe(true);
    expect((await checkouts.decisions()).at(-1)).toMatchObject({
      kind: "rolled_back",
      by: "guard",
      evidence: { rule: "run" },
    });
    await Promise.all(answers.map((id) => client.settled(id, ({ status }) => status === "paid")));
    await until(intents, (made) => made.length - before >= carts.length);
    expect((await intents()).length - before).toBe(carts.length);
  }, 60_000);

  it("a cart that was handed over keeps its old name: reading, changing and buying it work, at the monolith", async () => {
    const { client } = shop;
    const id = await until(newCart, (made) => !isLegacyId(made));
    await expectStatus(200, addLine(id));
    const placed = await expectStatus(201, client.checkout(id, undefined, "moved"));
    expect(isLegacyId(placed.body.id)).toBe(true);
    const { body } = await expectStatus(200, client.send<CartBody>("GET", `/v1/carts/${id}`));
    expect(isLegacyId(body.id)).toBe(true);
    expect(body.status).toBe("ordered");
    expect(await addLine(id)).toMatchObject({ status: 409, body: { code: "cart_ordered" } });
    expect(await client.checkout(id, undefined, "moved")).toMatchObject({ status: 201, body: { id: placed.body.id } });
  });

  it("an order that the new path made stays there, whatever becomes of the path", async () => {
    const orders = (await shop.client.admin<{ data: { id: string }[] }>("GET", "/admin/v1/orders")).body.data;
    const own = orders[0]?.id ?? "";
    expect(own).toMatch(/^ord_/);
    expect(await shop.client.order(own)).toMatchObject({ id: own });
  });

  it("stays back until a person rearms, and then begins at the bottom", async () => {
    const checkouts = flagOf("checkout.write");
    for (const type of ["start", "advance", "approve", "pause"] as const) {
      expect(await checkouts.tried(type)).toMatchObject({ status: 409, body: { code: "not_legal" } });
    }
    expect(await checkouts.tried("rearm", "")).toMatchObject({ status: 422 });
    expect(await checkouts.command("rearm", "fixed")).toMatchObject({ state: "shadow", epoch: 3, guard: { s: 0 } });
    expect((await checkouts.decisions()).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(["rolled_back", "rearmed"]),
    );
  });

  it("kill closes carts as well: what is in them goes with the shopper", async () => {
    for (const id of ([moved, kept] = [await newCart(), await newCart()])) {
      expect(isLegacyId(id)).toBe(false);
      await expectStatus(200, addLine(id));
    }
    await flagOf("cart.write").command("kill", "drill");
    const { body } = await until(
      async () => expectStatus(200, addLine(moved)),
      ({ body: cart }) => isLegacyId(cart.id),
    );
    expect(body.lines).toMatchObject([{ sku, unit_price: { amount: 2_000 } }]);
    expect(isLegacyId(await newCart())).toBe(true);
  });

  it("in the next shadow a moved cart says nothing against the new path, and one that is moved by its checkout is compared", async () => {
    const [carts, checkouts] = [flagOf("cart.write"), flagOf("checkout.write")];
    const reported = () => new Promise((resolve) => setTimeout(resolve, 700));
    await carts.command("rearm", "fixed");
    await until(
      async () => {
        const id = await newCart();
        await new Promise((resolve) => setTimeout(resolve, 60));
        await expectStatus(200, addLine(id));
        await new Promise((resolve) => setTimeout(resolve, 60));
        await expectStatus(201, shop.client.checkout(id));
        return Promise.all([carts.read(), checkouts.read()]);
      },
      (flags) => flags.every(({ evidence }) => (evidence?.operations ?? 0) > 0),
      30_000,
    );
    await reported();
    const before = (await checkouts.read()).evidence?.operations ?? 0;
    await expectStatus(200, addLine(moved));
    await expectStatus(201, shop.client.checkout(moved));
    await expectStatus(201, shop.client.checkout(kept));
    await reported();
    expect((await carts.read()).evidence?.errors).toBe(0);
    expect((await checkouts.read()).evidence).toMatchObject({ operations: before + 1, errors: 0 });
  });

  it("the books of both sides balance", async () => {
    const audit = await auditShop(shop.client);
    expect(audit.balanced, audit.text).toBe(true);
    const { orders } = await legacyStats(shop.legacy);
    expect(orders.every(({ status }) => status === "paid")).toBe(true);
    const charges = (await intents()).filter(({ status }) => status === "succeeded");
    const byOrder = Map.groupBy(charges, ({ metadata }) => metadata.order_id ?? "");
    expect([...byOrder.values()].every((own) => own.length === 1)).toBe(true);
  });
});
