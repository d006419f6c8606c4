import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildPage } from "../../scripts/assets/page.ts";
import { CONSOLE } from "../../scripts/assets/pages.ts";
import { seriousViolations } from "../support/axe.ts";
import { inChromium, openBrowser, screenshot } from "../support/browser.ts";
import { type ConsoleHost, startConsoleHost } from "../support/console-host.ts";
import { startLiveFixture } from "../support/live-fixture.ts";

/**
 * Goal: whoever is on call deals with an alert without a mouse, and knows what the console does not know. Threat: a button that does not say which alert it means, a refusal
 * that is not seen, a board that is calm because nobody was heard of.
 */
const KEY = "dev-admin-key";

// Without a browser there is nothing to drive. `.ci/run` installs it, and says so should it ever fail to.
inChromium("alerts on the console", () => {
  let fixture: Awaited<ReturnType<typeof startLiveFixture>>;
  let host: ConsoleHost;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    await buildPage(CONSOLE);
    fixture = await startLiveFixture(0);
    host = await startConsoleHost(fixture.url);
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    host?.close();
    fixture?.close();
  });

  it("acknowledges an alert and changes its rule by keyboard, and says what was refused", async () => {
    const refused = { status: 422, code: "validation_failed", detail: "/clear: must be at least the threshold" };
    host.overrides["alert-rules"] = { status: 200, body: { data: [RULE], next_cursor: null } };
    host.overrides["alert-rules/stock_low"] = { status: 422, body: refused };
    page = await browser.newPage({ locale: "en-US", viewport: { width: 1_440, height: 900 } });
    await page.addInitScript((key) => sessionStorage.setItem("breakwater.admin-key", key), KEY);
    await page.goto(`${host.url}/ops/`);
    await page.locator(".status.live").waitFor();
    const first = page.locator(".alert").first();
    await first.waitFor();
    const title = await first.locator(".alert-title").innerText();
    const acknowledge = page.getByRole("button", { name: `Acknowledge ${title}` });
    const asked = page.waitForRequest((request) => /alerts\/[^/]+\/acknowledge$/.test(request.url()));
    await acknowledge.press("Enter");
    expect((await asked).method()).toBe("POST");
    // Its button goes away, and what was seen comes after what was not: the reader goes on from what is left of it, and hears that it is done.
    await page.getByText(`Acknowledged: ${title}.`).waitFor({ state: "attached" });
    await acknowledge.waitFor({ state: "detached" });
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(`Mute for 1 h ${title}`);
    await page.getByRole("button", { name: "Rules", exact: true }).press("Enter");
    const dialog = page.getByRole("dialog", { name: "Alert rules" });
    await dialog.locator("summary").press("Enter");
    // Frame by frame the console is drawn anew, which must write nothing into what is being typed.
    const over = dialog.getByLabel("Over at");
    await over.fill("");
    await over.press("Enter");
    await dialog.getByText("Over at has to be a number.").waitFor();
    await over.pressSequentially("0.05", { delay: 400 });
    expect(await over.inputValue()).toBe("0.05");
    await over.fill("5");
    const put = page.waitForRequest((request) => request.method() === "PUT");
    await dialog.getByLabel("Over at").press("Enter");
    const { threshold, clear, name } = (await put).postDataJSON() as Record<string, unknown>;
    expect([(await put).headers()["if-match"], threshold, clear, name]).toEqual(['"3"', 10, 5, "Stock is running out"]);
    await dialog.getByText("must be at least the threshold").waitFor();
    await screenshot(page, "console-rules");
    expect(await seriousViolations(page)).toEqual([]);
    host.overrides["alert-rules/stock_low"] = { status: 200, body: {} };
    const list = { data: [{ ...RULE, clear: 6, version: 4 }], next_cursor: null };
    host.overrides["alert-rules"] = { status: 200, body: list };
    const save = dialog.getByRole("button", { name: "Save" });
    await save.press("Enter");
    await dialog.getByText("must be at least the threshold").waitFor({ state: "detached" });
    // What was saved is read again, and its form stays the same one: it says so, keeps the focus, and goes on from the new version.
    await dialog.getByText(/below 10, over at 6/).waitFor();
    await dialog.getByText("Saved").waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Save");
    expect(await over.inputValue()).toBe("6");
    const next = page.waitForRequest((request) => request.method() === "PUT");
    await save.press("Enter");
    expect((await next).headers()["if-match"]).toBe('"4"');
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Rules");
    await page.close();
  });

  it("a rollback is at the top, and leads to its flag", async () => {
    page = await browser.newPage({ locale: "en-US", viewport: { width: 1_440, height: 900 } });
    await page.addInitScript((key) => sessionStorage.setItem("breakwater.admin-key", key), KEY);
    await page.goto(`${host.url}/ops/`);
    await page.locator(".status.live").waitFor();
    await fetch(`${fixture.url}/_control/rollback`, { method: "POST" });
    const link = page.getByRole("link", { name: /Critical: checkout\.write was rolled back/ });
    await link.waitFor();
    const first = page.locator(".alert").first();
    expect(await first.locator("a").count()).toBe(1);
    // The wash is of the whole alert: where it ended above the buttons, they seemed to belong to the alert below.
    const ground = (of: string) => first.locator(of).evaluate((element) => getComputedStyle(element).backgroundColor);
    expect([await ground("xpath=."), await ground(".alert-face")]).toEqual([
      expect.not.stringContaining("rgba(0, 0, 0, 0)"),
      "rgba(0, 0, 0, 0)",
    ]);
    await screenshot(page, "console-rollback-alert");
    expect(await seriousViolations(page)).toEqual([]);
    await link.press("Enter");
    await page.waitForURL(/#\/rollout\/flag\/checkout\.write$/);
    await first.getByRole("button", { name: /^Acknowledge/ }).focus();
    await fetch(`${fixture.url}/_control/rearm`, { method: "POST" });
    await link.waitFor({ state: "detached" });
    const isOnNext = () => document.querySelector(".alert")?.contains(document.activeElement);
    expect(await page.evaluate(isOnNext)).toBe(true);
    // What the board did not send is counted, and where it can be read is said.
    const more = page.getByText(/^and 1,800 more about products: GET \/admin\/v1\/alerts\?state=in_force$/);
    expect(await more.count()).toBe(0);
    await fetch(`${fixture.url}/_control/sellout`, { method: "POST" });
    await more.waitFor();
    const [shown, count] = [await page.locator(".alert").count(), await page.locator(".alerts .count").innerText()];
    expect(Number(count.replace(",", ""))).toBe(shown + 1_800);
    await fetch(`${fixture.url}/_control/restock`, { method: "POST" });
    await more.waitFor({ state: "detached" });
    await page.close();
  });

  it("is not calm because the alerts are not known, and announces none that was there before when they are known again", async () => {
    page = await browser.newPage({ locale: "en-US", viewport: { width: 1_440, height: 900 } });
    await page.addInitScript((key) => sessionStorage.setItem("breakwater.admin-key", key), KEY);
    await page.goto(`${host.url}/ops/`);
    const first = page.locator(".alert-title").first();
    const title = await first.innerText();
    await fetch(`${fixture.url}/_control/mute`, { method: "POST" });
    await page.getByText("Alerts are not known.").waitFor();
    await page.getByText("Whether anything needs you is not known yet.").waitFor();
    expect(await page.getByText("Nothing needs you").count()).toBe(0);
    expect(await seriousViolations(page)).toEqual([]);
    await fetch(`${fixture.url}/_control/unmute`, { method: "POST" });
    await first.waitFor();
    expect(await page.locator(".alerts [aria-live=polite]").textContent()).not.toContain(title);
    await page.close();
  });

  it("greys the sums that lack a part, and gives no verdict on a ledger that does, until that part is heard of", async () => {
    page = await browser.newPage({ locale: "en-US", viewport: { width: 1_440, height: 900 } });
    await page.addInitScript((key) => sessionStorage.setItem("breakwater.admin-key", key), KEY);
    await page.goto(`${host.url}/ops/#/live/operator`);
    await page.getByText("Balances to the event").waitFor();
    const ink = () =>
      page
        .locator(".fact-figure")
        .first()
        .evaluate((element) => getComputedStyle(element).color);
    const whole = await ink();
    await fetch(`${fixture.url}/_control/unheard`, { method: "POST" });
    await page.getByText("Not heard of yet: shard-2.").waitFor();
    await page.getByText("No verdict: shard-2 not heard of yet").waitFor();
    expect(await ink()).not.toBe(whole);
    expect(await page.title()).toMatch(/^Incomplete: \$/);
    expect(await page.getByRole("row", { name: /shard-2/ }).innerText()).toMatch(/not heard of yet\s+\u2013/);
    await screenshot(page, "console-unheard");
    expect(await seriousViolations(page)).toEqual([]);
    await fetch(`${fixture.url}/_control/fresh`, { method: "POST" });
    await page.getByText("Balances to the event").waitFor();
    expect(await ink()).toBe(whole);
    await page.close();
  });
});

const RULE = {
  id: "stock_low",
  version: 3,
  name: "Stock is running out",
  metric: "stock.available",
  scope: { kind: "each_product" },
  comparator: "below",
  threshold: 10,
  clear: 20,
  for_s: 0,
  cooldown_s: 0,
  severity: "warning",
  enabled: true,
  default: true,
  in_force: 2,
};
