import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { buildPage } from "../../scripts/assets/page.ts";
import { CONSOLE } from "../../scripts/assets/pages.ts";
import { seriousViolations } from "../support/axe.ts";
import { boardOf, METRICS } from "../support/boards.ts";
import { inChromium, openBrowser, screenshot } from "../support/browser.ts";
import { type ConsoleHost, startConsoleHost } from "../support/console-host.ts";
import { startLiveFixture } from "../support/live-fixture.ts";

/**
 * Goal: the console as an operator uses it, under the policy that is deployed, against a made-up board that speaks the real protocol. The
 * threats are a screen that looks live and is not, and one that only a mouse and good eyes can use.
 */
const KEY = "dev-admin-key";
const WIDE = { viewport: { width: 1_440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
// Without a browser there is nothing to drive. `.ci/run` installs it, and says so should it ever fail to.
inChromium("the console", () => {
  let fixture: Awaited<ReturnType<typeof startLiveFixture>>;
  let host: ConsoleHost;
  let browser: Browser;
  let page: Page;
  let troubles: string[];

  beforeAll(async () => {
    await buildPage(CONSOLE);
    fixture = await startLiveFixture(0);
    host = await startConsoleHost(fixture.url);
    host.overrides["metrics"] = { status: 200, body: METRICS };
    browser = await openBrowser();
  });
  afterEach(async () => {
    host.isCut = false;
    host.refusesSockets = false;
    for (const path of ["session", "analytics/snapshot"]) host.overrides[path] = undefined;
    await page?.context().close();
    // Most of all: nothing that the content security policy had to stop.
    if (troubles.length > 0) throw new Error(`the page complained: ${troubles.join("\n")}`);
  });
  afterAll(async () => {
    await browser?.close();
    host?.close();
    fixture?.close();
  });

  async function open(options: BrowserContextOptions = WIDE, key: string | null = KEY, address = ""): Promise<Page> {
    const context = await browser.newContext({ locale: "en-US", ...options });
    page = await context.newPage();
    troubles = [];
    page.on("pageerror", (error) => troubles.push(error.message));
    page.on("console", (message) => {
      // The network is refused on purpose here, which Chromium reports as well.
      const isNetwork = /Failed to load resource|WebSocket connection/.test(message.text());
      if (message.type() === "error" && !isNetwork) troubles.push(message.text());
    });
    if (key !== null) {
      await page.addInitScript((stored) => sessionStorage.setItem("breakwater.admin-key", stored), key);
    }
    await page.goto(`${host.url}/ops/${address}`);
    return page;
  }
  const control = (name: string) => fetch(`${fixture.url}/_control/${name}`, { method: "POST" });
  const status = () => page.locator(".status");
  const live = () => page.locator(".status.live").waitFor();
  const text = (selector: string) => page.locator(selector).first().innerText();
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");

  it("lets in with a key, says what is wrong with another, and keeps it for the tab only", async () => {
    await open(WIDE, null);
    await page.getByLabel("Admin key").fill("not-the-key");
    await page.keyboard.press("Enter");
    await page.getByText("does not know this key").waitFor();
    await screenshot(page, "console-login");
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByLabel("Admin key").fill(KEY);
    await page.getByRole("button", { name: "Open the console" }).click();
    await live();
    expect(await page.evaluate(() => [sessionStorage.length, localStorage.length])).toEqual([1, 0]);
    await page.reload();
    await live();
    await page.getByRole("button", { name: /^Sign out/ }).click();
    await page.getByLabel("Remember on this device").check();
    await page.getByLabel("Admin key").fill(KEY);
    await page.keyboard.press("Enter");
    await live();
    expect(await page.evaluate(() => [sessionStorage.length, localStorage.length])).toEqual([0, 1]);
  });

  it("names the scope that a key lacks, instead of a board that never comes", async () => {
    host.refusesSockets = true;
    const body = { status: 403, code: "missing_scope", detail: "", scope: "analytics:read" };
    host.overrides["analytics/snapshot"] = { status: 403, body };
    await open();
    await page.getByText("it lacks the scope analytics:read").waitFor();
    expect(await page.getByLabel("Admin key").isVisible()).toBe(true);
  });

  it("shows what happens without a reload, and how long it took from receipt to paint", async () => {
    await open();
    await live();
    await page.evaluate(() => Object.assign(window, { isSamePage: true }));
    await control("rush");
    const before = [await text(".day dd"), await text(".step-count")];
    await page.waitForFunction((was) => document.querySelector(".day dd")?.textContent !== was, before[0], {
      timeout: 2_000,
    });
    await page.waitForFunction((was) => document.querySelector(".step-count")?.textContent !== was, before[1]);
    await page.waitForFunction(() => /p99 [\d.]+ s/.test(document.querySelector(".strip")?.textContent ?? ""));
    await control("calm");
    expect(await page.evaluate(() => "isSamePage" in window)).toBe(true);
    await page.waitForTimeout(1_500);
    await screenshot(page, "console-light");
    expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBe(WIDE.viewport.height);
    expect(await seriousViolations(page)).toEqual([]);
  });

  it("heals a gap and another life of the board by itself", async () => {
    await open(WIDE, KEY, "#/live/operator");
    await live();
    const board = () => page.locator(".pairs").innerText();
    const epoch = /of board (\w+)/.exec(await board())?.[1] ?? "none";
    await control("gap");
    await control("epoch");
    await page.waitForFunction((old) => !document.querySelector(".pairs")?.textContent?.includes(old), epoch);
    await live();
    expect(await board()).toContain("lost 0 times");
  });

  it("greys what is old and says since when, until the shop is back", async () => {
    await open();
    await live();
    host.isCut = true;
    await page.getByText(/Not live since/).waitFor();
    expect(await status().innerText()).toBe("Not live");
    expect(await page.title()).toMatch(/^Not live: \$/);
    const figure = page.locator(".fact-figure").first();
    const ink = () => figure.evaluate((element) => getComputedStyle(element).color);
    const stale = await ink();
    await screenshot(page, "console-stale");
    host.isCut = false;
    await page.getByRole("button", { name: "Try now" }).click();
    await live();
    expect(await page.getByText(/Not live since/).count()).toBe(0);
    expect(await ink()).not.toBe(stale);
  });

  it("does not take an open connection for a live one: without a frame it is stale, and another is tried", async () => {
    await open(WIDE, KEY, "#/live/operator");
    await live();
    await control("freeze");
    await page.getByText(/Not live since/).waitFor({ timeout: 20_000 });
    await page.getByText(/lost [1-9]\d* times/).waitFor();
    // The other one is open by now, and says as little: what is on the screen is still of then.
    await page.waitForTimeout(1_000);
    expect(await page.getByText(/Not live since/).count()).toBe(1);
    await control("thaw");
    await live();
    expect(await page.getByText(/Not live since/).count()).toBe(0);
  });

  it("says which part of the board is silent, and keeps the rest live", async () => {
    await open();
    await live();
    await control("stale");
    await page.getByText(/shard-2 silent since/).waitFor();
    await control("fresh");
    await page.getByText(/shard-2 silent since/).waitFor({ state: "detached" });
    expect(await status().innerText()).toBe("Live");
  });

  it("can be used by keyboard alone: search, rows, product, operator, and the way back", async () => {
    await open();
    await live();
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("Skip to the figures");
    await page.keyboard.press("/");
    await page.keyboard.type("serum");
    const names = page.locator("tbody .name");
    await names.first().focus();
    await page.keyboard.press("ArrowDown");
    const second = await names.nth(1).innerText();
    expect(await focused()).toBe(second);
    expect(await page.locator("tbody .name[tabindex='0']").count()).toBe(1);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: second }).waitFor();
    await page.getByRole("heading", { name: "Views per minute" }).waitFor();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Revenue", exact: true }).press("Enter");
    await dialog.getByRole("heading", { name: "Revenue per minute" }).waitFor();
    await screenshot(page, "console-product");
    expect(await seriousViolations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await focused()).toBe(second);
    // A row that changes places loses the focus in the document, and must not lose it for the reader.
    await control("rush");
    await page.waitForTimeout(5_000);
    await control("calm");
    expect(await focused()).toBe(second);
    await page.keyboard.press("o");
    await page.getByRole("dialog", { name: "Operator" }).waitFor();
    await page.getByText("Balances to the event").waitFor();
    await page.getByRole("cell", { name: "3.4 s" }).waitFor();
    await screenshot(page, "console-operator");
    expect(await seriousViolations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });

  it("sorts by any column and tells a screen reader which way", async () => {
    await open();
    await live();
    // Rows keep their places for a while although their figures go on, so nothing may change while it is looked at.
    await control("freeze");
    await page.waitForTimeout(1_000);
    await page.getByRole("button", { name: "Revenue", exact: true }).click();
    expect(await page.getByRole("columnheader", { name: "Revenue" }).getAttribute("aria-sort")).toBe("descending");
    const amounts = await page.locator("td.revenue").allInnerTexts();
    const values = amounts.map((amount) => Number(amount.replaceAll(/[$,]/g, "")));
    await control("thaw");
    expect(values).toEqual(values.toSorted((a, b) => b - a));
  });

  it("fits a phone: nothing is wider than the screen, and the table is no endless scroll", async () => {
    await open(PHONE);
    await live();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    const rows = page.locator("tbody tr:visible");
    expect(await rows.count()).toBe(12);
    await screenshot(page, "console-phone");
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByRole("button", { name: /^Show all/ }).click();
    expect(await rows.count()).toBeGreaterThan(12);
    await rows.first().tap();
    await page.getByRole("dialog").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    await screenshot(page, "console-phone-product");
    await page.goBack();
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });

  it("is dark where the system is, and the reader's choice outlives a reload", async () => {
    await open({ ...WIDE, colorScheme: "dark" });
    await live();
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const dark = await ground();
    await screenshot(page, "console-dark");
    expect(await seriousViolations(page)).toEqual([]);
    const button = page.getByRole("button", { name: /^Colours/ });
    await button.click();
    const light = await ground();
    expect(light).not.toBe(dark);
    await page.reload();
    await live();
    expect(await ground()).toBe(light);
  });

  it("invites where nothing has happened yet, also through a network that lets no WebSocket pass", async () => {
    host.refusesSockets = true;
    host.overrides["analytics/snapshot"] = { status: 200, body: boardOf([]) };
    host.overrides["write-keys"] = {
      status: 200,
      body: { data: [{ kind: "public", key: "wk_pub_shown" }], next_cursor: null },
    };
    await open();
    await page.getByText("Nothing has happened yet").waitFor();
    await page.getByText("-u wk_pub_shown:").waitFor();
    expect(await status().innerText()).toContain("every 2 s");
    await screenshot(page, "console-empty");
    expect(await seriousViolations(page)).toEqual([]);
    host.overrides["analytics/snapshot"] = undefined;
    await page.getByRole("heading", { name: "Trending" }).waitFor();
    host.refusesSockets = false;
    await page.waitForFunction(() => document.querySelector(".status.live")?.textContent === "Live", undefined, {
      timeout: 20_000,
    });
  });

  it("stands still for who asked for less motion", async () => {
    await open({ ...WIDE, reducedMotion: "reduce" });
    await live();
    await control("rush");
    await page.waitForTimeout(6_000);
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    await control("calm");
  });
});
