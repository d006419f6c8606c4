import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AdminClient } from "../../scripts/admin-client.ts";
import { localAssets } from "../../scripts/assets/local.ts";
import { prepareAssets } from "../../scripts/assets.ts";
import { loadDemoShop } from "../../scripts/start/demo-catalog.ts";
import { seriousViolations } from "../support/axe.ts";
import { inChromium, openBrowser, screenshot } from "../support/browser.ts";
import { expectStatus } from "../support/client.ts";
import { type Shop, startShop } from "../support/shop.ts";
import {
  enter,
  heading,
  orderIdIn,
  overflow,
  pay,
  putInCart,
  type Shopper,
  withAllPictures,
} from "../support/shopper.ts";

const LIGHT: BrowserContextOptions = { viewport: { width: 1_280, height: 900 }, colorScheme: "light" };
const DARK: BrowserContextOptions = { ...LIGHT, colorScheme: "dark" };
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, colorScheme: "light", hasTouch: true };

// Without a browser there is nothing to drive. `.ci/run` installs it, and says so should it ever fail to.
inChromium("the demo shop", () => {
  let shop: Shop;
  let browser: Browser;
  beforeAll(async () => {
    await prepareAssets();
    shop = await startShop({ assets: await localAssets(mkdtempSync(join(tmpdir(), "breakwater-assets-"))) });
    await loadDemoShop(new AdminClient(shop.client.origin, shop.client.adminKey));
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await shop?.close();
  });

  const shopper = (options: BrowserContextOptions = LIGHT): Promise<Shopper> => enter(browser, shop.client, options);

  it("lets a shopper find a product, buy it with a test card and see it paid, and tells the tracking API of each step", async () => {
    const { page, tracked, troubles, leave } = await shopper();
    await page.goto("/");
    await page.getByRole("button", { name: "Show more" }).click();
    await expect.poll(() => page.locator(".card").count()).toBeGreaterThan(30);
    await page.getByRole("link", { name: "Meadow Daily Shampoo" }).click();
    await heading(page, "Meadow Daily Shampoo").waitFor();
    expect(await page.evaluate(() => window.scrollY)).toBe(0);
    await page.goBack();
    // Back where the shopper was, with all that was loaded.
    await expect.poll(() => page.evaluate(() => window.scrollY)).toBeGreaterThan(600);
    await page.getByRole("searchbox").fill("tide");
    await heading(page, "Results for “tide”").waitFor();
    await page.getByRole("navigation", { name: "Categories" }).getByText("Serums").click();
    await page.getByRole("link", { name: "Tide Hydrating Serum" }).click();
    await heading(page, "Tide Hydrating Serum").waitFor();
    await page.getByRole("radio", { name: /^30 ml/ }).check({ force: true });
    await page.getByText("$44.00").waitFor();
    await page.getByRole("button", { name: "Add to cart" }).click();
    await page.getByRole("link", { name: "View cart" }).click();
    await heading(page, "Your cart").waitFor();
    for (let clicks = 0; clicks < 3; clicks++) await page.getByRole("button", { name: "One more" }).click();
    await page.getByText("$152.00").first().waitFor();
    await page.getByRole("button", { name: "One less" }).click();
    await expect.poll(() => page.locator(".summary-total").textContent()).toContain("$114.00");
    await page.getByRole("link", { name: "Check out" }).click();
    await page.getByLabel("Email").fill("grace@example.com");
    await pay(page, "4242");
    await heading(page, "Thank you, it is yours").waitFor();
    expect(await page.getByText("$114.00 paid.").count()).toBe(1);

    const order = await shop.client.order(orderIdIn(page));
    expect(order).toMatchObject({ status: "paid", lines: [{ sku: "TIDE-SERUM-30", quantity: 3 }] });
    // Fulfilled by an operator: the page follows without being asked.
    const headers = { authorization: `Bearer ${shop.client.adminKey}`, "idempotency-key": crypto.randomUUID() };
    await expectStatus(200, shop.client.send("POST", `/admin/v1/orders/${order.id}/fulfil`, { body: {}, headers }));
    await heading(page, "It is on its way").waitFor();
    expect(await page.getByRole("link", { name: "Cart", exact: true }).count()).toBe(1);

    const events = tracked.filter(({ type }) => type === "track").map(({ event }) => event);
    const steps = [
      "Product List Viewed",
      "Product Viewed",
      "Product Added",
      "Cart Viewed",
      "Checkout Started",
      "Order Completed",
    ];
    await expect.poll(() => steps.filter((step) => !tracked.some(({ event }) => event === step))).toEqual([]);
    expect(events.filter((event) => event === "Product Removed")).toHaveLength(1);
    expect(new Set(tracked.map(({ anonymousId }) => anonymousId)).size).toBe(1);
    expect(tracked.find(({ event }) => event === "Order Completed")).toMatchObject({
      messageId: `order-completed:${order.id}`,
      properties: {
        order_id: order.id,
        total: 114,
        currency: "USD",
        products: [{ sku: "TIDE-SERUM-30", quantity: 3 }],
      },
    });
    expect(troubles).toEqual([]);
    await leave();
  });

  it("says that a card was declined, gives the cart back, and takes a card that the bank wants to see first", async () => {
    const { page, troubles, leave } = await shopper();
    await putInCart(page, "CINDER-LIP-FIG");
    await page.goto("/checkout");
    await pay(page, "0002");
    await heading(page, "The bank said no").waitFor();
    await page.getByText("Nothing has been charged.").waitFor();
    await screenshot(page, "shop-declined");
    const declined = orderIdIn(page);
    await page.getByRole("link", { name: "Try again" }).click();
    await pay(page, "3184");
    await page.getByRole("link", { name: "Continue to your bank" }).click();
    await page.getByRole("button", { name: "Authenticate" }).click();
    await heading(page, "Thank you, it is yours").waitFor();
    await screenshot(page, "shop-paid");
    const paid = await shop.client.order(orderIdIn(page));
    expect(paid.status).toBe("paid");
    expect((await shop.client.order(declined)).payment.captured.amount).toBe(0);
    expect(troubles).toEqual([]);
    await leave();
  });

  it("says what sold out while it was in the cart, at the checkout and in the cart, and sells the rest", async () => {
    const { page, troubles, leave } = await shopper();
    const scarce = await shop.client.stock(2, 1_500);
    await putInCart(page, scarce);
    await page.goto(`/product?sku=${scarce}`);
    await page.getByText("Only 2 left").waitFor();
    await page.getByRole("button", { name: "Add to cart" }).click();
    await page.getByText("2 are in").waitFor();
    await putInCart(page, "FOAMLINE-150");
    await page.goto("/checkout");
    await page.getByRole("button", { name: /^Pay/ }).waitFor();
    await shop.client.buy({ [scarce]: 1 });
    await pay(page, "4242");
    await page.getByText("Somebody was faster").waitFor();
    await page.getByText("only 1 left, you asked for 2").waitFor();
    await screenshot(page, "shop-short");
    await shop.client.buy({ [scarce]: 1 });
    await page.goto("/cart");
    await page.getByText("Sold out meanwhile.").waitFor();
    await page.getByRole("button", { name: `Remove Test ${scarce}` }).click();
    await expect.poll(() => page.locator(".cart-line").count()).toBe(1);
    await page.getByRole("link", { name: "Check out" }).click();
    await pay(page, "4242");
    await heading(page, "Thank you, it is yours").waitFor();
    expect(await shop.client.level(scarce)).toMatchObject({ on_hand: 0, sold: 2 });
    expect(troubles).toEqual([]);
    await leave();
  });

  it("repeats a checkout whose answers were lost as the same order, and never pays twice", async () => {
    const { page, leave } = await shopper();
    await putInCart(page, "OATFIELD-CREAM-100");
    await page.goto("/checkout");
    const answered: string[] = [];
    await page.route("**/checkout", async (route) => {
      // The shop gets the request; the way back is cut.
      if (route.request().method() !== "POST") return route.continue();
      answered.push((await (await route.fetch()).json()).id);
      await route.abort();
    });
    await pay(page, "4242");
    await page.getByText("Still on its way").waitFor();
    await page.unroute("**/checkout");
    await page.getByRole("button", { name: /^Pay/ }).click();
    await heading(page, "Thank you, it is yours").waitFor();
    const order = orderIdIn(page);
    // Whoever comes back to the checkout instead is shown the order, by the cart.
    await page.goto("/checkout");
    await page.getByRole("link", { name: "See the order" }).click();
    await heading(page, "Thank you, it is yours").waitFor();
    expect(orderIdIn(page)).toBe(order);
    expect(answered.length).toBeGreaterThan(1);
    expect(new Set([...answered, order])).toEqual(new Set([order]));
    await leave();
  });

  it("shows a price that moved before it charges it", async () => {
    const { page, leave } = await shopper();
    const sku = await shop.client.stock(5, 2_000);
    await putInCart(page, sku);
    await page.goto("/checkout");
    await page.getByRole("button", { name: "Pay $24.95" }).waitFor();
    const product = { name: `Test ${sku}`, category: "test", brand: "Test", price: { amount: 2_600, currency: "USD" } };
    await expectStatus(200, shop.client.admin("PUT", `/admin/v1/products/${sku}`, product));
    await pay(page, "4242");
    await page.getByText("Prices have changed").waitFor();
    expect(await page.locator(".notice-list").textContent()).toContain("$20.00 $26.00");
    await page.getByRole("button", { name: "Pay $30.95" }).click();
    await page.getByText("$30.95 paid.").waitFor();
    await leave();
  });

  it("does not overwrite what another window did to the cart", async () => {
    const { page, leave } = await shopper();
    await putInCart(page, "LAGOON-LOTION-75");
    await page.goto("/cart");
    await page.getByRole("button", { name: "One more" }).waitFor();
    const cartId = await page.evaluate(() => localStorage.getItem("breakwater.cart"));
    await expectStatus(
      200,
      shop.client.send("PATCH", `/v1/carts/${cartId}/lines/LAGOON-LOTION-75`, { body: { quantity: 7 } }),
    );
    await page.getByRole("button", { name: "One more" }).click();
    await page.getByText("was changed in another window").waitFor();
    await expect.poll(() => page.getByRole("textbox", { name: /^Quantity of/ }).inputValue()).toBe("7");
    await leave();
  });

  it("keeps a bank debit honest, and lets an unpaid order be canceled", async () => {
    const { page, leave } = await shopper();
    await putInCart(page, "RINSE-TIDE-200");
    await page.goto("/checkout");
    await pay(page, "6789");
    await heading(page, "Your bank is processing the payment").waitFor();
    await screenshot(page, "shop-processing");
    const { payment } = await shop.client.order(orderIdIn(page));
    await shop.client.control("POST", `/payment_intents/${payment.intent}/settle`, { outcome: "success" });
    await heading(page, "Thank you, it is yours").waitFor();

    await putInCart(page, "RINSE-TIDE-200");
    await page.goto("/checkout");
    await pay(page, "3184");
    await heading(page, /^Your bank wants/).waitFor();
    await page.getByRole("button", { name: "Cancel the order" }).click();
    await heading(page, "Your order is canceled").waitFor();
    expect(await shop.client.order(orderIdIn(page))).toMatchObject({
      status: "canceled",
      payment: { captured: { amount: 0 } },
    });
    await leave();
  });

  describe.each([
    ["light", LIGHT],
    ["dark", DARK],
    ["phone", PHONE],
  ] as const)("in %s", (name, options) => {
    it("survives a reload on every page, fits its window, and is usable by everyone", async () => {
      const { page, troubles, leave } = await shopper(options);
      await putInCart(page, "TIDE-SERUM-30");
      await putInCart(page, "GLOWLINE-GUAVA");
      const placed = await shop.client.buy({ "HALFTIDE-NIA-30": 1 });
      const pages: readonly [string, string, string | RegExp][] = [
        ["grid", "/", /^Care, from/],
        ["category", "/?category=lips", "Lips"],
        ["product", "/product?sku=TIDE-SERUM-30", "Tide Hydrating Serum"],
        ["cart", "/cart", "Your cart"],
        ["checkout", "/checkout", "Checkout"],
        ["order", `/order?id=${placed.id}`, "Thank you, it is yours"],
        ["missing", "/product?sku=NOTHING", "This is not on our shelves"],
      ];
      for (const [what, path, title] of pages) {
        await page.goto(path);
        await heading(page, title).waitFor();
        await page.reload();
        await heading(page, title).waitFor();
        await expect.poll(() => page.locator("[aria-busy=true]").count()).toBe(0);
        await withAllPictures(page);
        await screenshot(page, `shop-${name}-${what}`);
        expect(await overflow(page), `${what} is wider than its window`).toBeLessThanOrEqual(0);
        expect(await seriousViolations(page), what).toEqual([]);
      }
      expect(troubles).toEqual([]);
      await leave();
    });
  });
});
