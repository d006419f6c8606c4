import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { prepareAssets } from "../../scripts/assets.ts";
import { inChromium, openBrowser, screenshot } from "../support/browser.ts";
import { type Shop, startShop } from "../support/shop.ts";

// Without a browser there is nothing to drive. `.ci/run` installs it, and says so should it ever fail to.
inChromium("the reference page", () => {
  let shop: Shop;
  let browser: Browser;
  beforeAll(async () => {
    await prepareAssets();
    shop = await startShop();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await shop?.close();
  });

  it("shows every operation from our own assets, and can try one out", async () => {
    const page = await browser.newPage({ viewport: { width: 1_200, height: 1_600 } });
    const troubles: string[] = [];
    page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
    page.on("request", (request) => {
      if (!request.url().startsWith(shop.client.origin) && !request.url().startsWith("data:"))
        troubles.push(request.url());
    });
    await page.goto(`${shop.client.origin}/docs`);
    await page.getByText("/v1/carts/{id}/checkout", { exact: false }).first().waitFor();
    expect(await page.locator(".opblock").count()).toBeGreaterThanOrEqual(10);
    await screenshot(page, "reference");

    await page.locator("#operations-Carts-postV1Carts").click();
    await page.getByRole("button", { name: "Execute" }).click();
    await page.getByText("cart_", { exact: false }).first().waitFor();
    await screenshot(page, "reference-tried");
    expect(troubles).toEqual([]);
  });
});
