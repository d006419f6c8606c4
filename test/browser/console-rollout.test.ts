import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { buildPage } from "../../scripts/assets/page.ts";
import { CONSOLE } from "../../scripts/assets/pages.ts";
import type { Flag } from "../../src/domain/guard/flag.ts";
import { observe } from "../../src/domain/guard/report.ts";
import { seriousViolations } from "../support/axe.ts";
import { inChromium, openBrowser, screenshot } from "../support/browser.ts";
import { type ConsoleHost, startConsoleHost } from "../support/console-host.ts";
import { CARTS, CHECKOUT, detailsOf, type Entry, listOf, logOf, seriesOf, viewOf } from "../support/flag-bodies.ts";
import { after, report, sample } from "../support/flags.ts";
import { startLiveFixture } from "../support/live-fixture.ts";

/**
 * Goal: at night somebody sees which path was taken back, why, and whether that holds, and decides what is next by keyboard. Threats: a command that
 * does more than was meant, one that is refused unseen, an old log that looks whole.
 */
const WIDE = { width: 1_440, height: 900 };
const PHONE = { width: 390, height: 844 };
const FLAG = `flags/${CHECKOUT.key}`;

const atQuarter = after(["start", "advance", "advance", "advance"]);
const atHalf = after(["start", "advance", "advance", "advance", "advance"]);

// Without a browser there is nothing to drive. `.ci/run` installs it, and says so should it ever fail to.
inChromium("the console's rollout", () => {
  let fixture: Awaited<ReturnType<typeof startLiveFixture>>;
  let host: ConsoleHost;
  let browser: Browser;
  let page: Page;
  let troubles: string[] = [];

  beforeAll(async () => {
    await buildPage(CONSOLE);
    fixture = await startLiveFixture(0);
    host = await startConsoleHost(fixture.url);
    browser = await openBrowser();
  });
  afterEach(async () => {
    await page?.context().close();
    for (const path of Object.keys(host.overrides)) host.overrides[path] = undefined;
    if (troubles.length > 0) throw new Error(`the page complained: ${troubles.join("\n")}`);
  });
  afterAll(async () => {
    await browser?.close();
    host?.close();
    fixture?.close();
  });

  async function open(viewport: { width: number; height: number }, address: string): Promise<void> {
    const context = await browser.newContext({ locale: "en-US", viewport, reducedMotion: "reduce" });
    page = await context.newPage();
    troubles = [];
    page.on("pageerror", (error) => troubles.push(error.message));
    await page.addInitScript(() => sessionStorage.setItem("breakwater.admin-key", "dev-admin-key"));
    await page.goto(`${host.url}/ops/${address}`);
    await page.getByRole("heading", { name: "Rollout" }).waitFor();
  }

  /** `CHECKOUT` in this state, beside a path that nobody has started. */
  function show(flag: Flag, failures: readonly number[] = [], entries: readonly Entry[] = [], broken?: number): void {
    const now = Date.now();
    const samples = Array.from({ length: failures.length > 0 ? 5 : 0 }, (_, n) => ({
      ...sample(`op:${n}`),
      at: now - n * 900,
      detail: "D1_ERROR: no such column: orders.region",
      requestId: `req_${n}`,
      latencyMs: 840,
    }));
    const view = viewOf(flag, now, samples);
    const own = [CARTS, null] as const;
    host.overrides["flags"] = { status: 200, body: listOf([own, [CHECKOUT, view]]) };
    host.overrides[FLAG] = { status: 200, body: detailsOf(CHECKOUT, view) };
    host.overrides[`${FLAG}/series`] = { status: 200, body: seriesOf(now, failures) };
    host.overrides[`${FLAG}/decisions`] = { status: 200, body: logOf(now, entries, broken ?? null) };
  }
  const commands = () => page.getByRole("group", { name: "Commands" }).getByRole("button").allInnerTexts();

  it("tells that a path was taken back, why, whether that holds, what failed, and that nobody changed the log", async () => {
    const failing = observe(atQuarter, report(1, 0, 5)).flag;
    const back = after(["start", "advance", "advance", "advance", "trip"]);
    const held: Flag = {
      ...back,
      guard: failing.guard,
      enteredAt: Date.now(),
      effect: {
        epoch: 2,
        since: Date.now(),
        strays: 3,
        lastStrayAt: Date.now() + 1_200,
        safe: 48,
        verdict: "effective",
      },
    };
    show(
      held,
      [1, 1, 2, 1],
      [
        { kind: "advanced", by: "anna", reason: "the weekend is quiet", before: after(["start"]), after: atQuarter },
        { kind: "rolled_back", by: "guard", reason: "5 failures in a row", before: failing, after: back },
      ],
    );
    await open(WIDE, `#/rollout/flag/${CHECKOUT.key}`);
    const flag = page.getByRole("article", { name: "Checking out a cart" });
    await flag.waitFor();
    const text = await flag.innerText();
    expect(text).toMatch(/Rolled back\s+The guard took it back. Everything goes to legacy until a person rearms it/);
    expect(text).toMatch(
      /The rollback is seen to hold: 48 operations on legacy since, 3 elsewhere, the last 1.2 s after/,
    );
    expect(text).toMatch(/495 of 800[\s\S]*5 of 5/);
    expect(text).toMatch(/500 internal_error[\s\S]*no such column: orders.region/);
    await flag.getByText("1 more").click();
    expect(await flag.locator(".samples").last().innerText()).toContain("req_4");
    expect(text).toMatch(/2 % errors caught in\s+38 s/);
    expect(await flag.getByRole("img", { name: /S over time: at most 495 of 800/ }).count()).toBe(1);
    expect(await commands()).toEqual(["Kill", "Rearm"]);
    const log = page.locator(".decisions");
    expect(await log.innerText()).toMatch(
      /chain is intact[\s\S]*Rolled back from 25 %\s+5 failures in a row[\s\S]*by anna/,
    );
    await screenshot(page, "console-rollout");
    expect(await seriousViolations(page)).toEqual([]);
  });

  it("takes a command by keyboard, with a reason, and not any more once the flag has moved", async () => {
    show(atQuarter);
    await open(WIDE, `#/rollout/flag/${CHECKOUT.key}`);
    const reasons = page.locator(".reasons");
    await reasons.waitFor();
    expect(await reasons.innerText()).toContain("299 more operations have to be seen (0 of 299)");
    expect(await commands()).toEqual(["Advance to 50 %", "Pause", "Kill"]);
    await page.getByRole("button", { name: "Advance to 50 %" }).press("Enter");
    const dialog = page.getByRole("dialog", { name: "Advance to 50 %?" });
    await dialog.getByText("edge gets 50 % at once, whatever the evidence says").waitFor();
    await dialog.getByRole("button", { name: "Advance to 50 %" }).press("Enter");
    await dialog.getByText("Say why").waitFor();
    await screenshot(page, "console-rollout-question");
    expect(await seriousViolations(page)).toEqual([]);
    await dialog.getByLabel("Reason").fill("seen enough");
    host.overrides[`${FLAG}/advance`] = {
      status: 403,
      body: { detail: "This key does not have the scope.", scope: "flags:write" },
    };
    await dialog.getByRole("button", { name: "Advance to 50 %" }).press("Enter");
    await dialog.getByText("it lacks the scope flags:write").waitFor();
    // Two people who look at the same rung are one step: what was seen is sent along, and the flag refuses what comes second.
    const answers = [
      [412, "It has moved in the meantime, and nothing was done."],
      [503, "It may have been done. Look at the flag before you ask again: The shop answered 503."],
    ] as const;
    for (const [status, said] of answers) {
      host.overrides[`${FLAG}/advance`] = { status, body: { detail: "" } };
      const sent = page.waitForRequest((request) => request.url().endsWith(`${FLAG}/advance`));
      await dialog.getByRole("button", { name: "Advance to 50 %" }).press("Enter");
      await dialog.getByText(said).waitFor();
      const seen = { if_epoch: atQuarter.epoch, if_rung: "25 %", if_state: atQuarter.state };
      expect((await sent).postDataJSON()).toEqual({ reason: "seen enough", ...seen });
    }
    show(atHalf);
    await dialog.getByText("It has moved in the meantime: Climbing, at 50 %").waitFor();
    expect(await dialog.getByRole("button", { name: "Advance to 50 %" }).isDisabled()).toBe(true);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Kill" }).press("Enter");
    await page.getByLabel("Reason").fill("orders are wrong");
    host.overrides[`${FLAG}/kill`] = { status: 200, body: {} };
    const asked = page.waitForRequest((request) => request.url().endsWith(`${FLAG}/kill`));
    await page.getByRole("dialog").getByRole("button", { name: "Kill" }).press("Enter");
    show(after(["start", "advance", "kill"]));
    expect((await asked).postDataJSON()).toEqual({ reason: "orders are wrong" });
    await page.locator(".flag-now").getByText("Killed").waitFor();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Checking out a cart");
    await page.getByText("Checking out a cart: Killed, 0 %.").waitFor({ state: "attached", timeout: 10_000 });
  });

  it("closes no question because a poll fails, and tells what came of it while the rest is not up to date", async () => {
    show(atQuarter);
    await open(WIDE, `#/rollout/flag/${CHECKOUT.key}`);
    await page.locator(".flag-entry").first().waitFor();
    await page.getByText("Nothing had to be decided yet").waitFor();
    await page.getByRole("button", { name: "Kill" }).press("Enter");
    const dialog = page.getByRole("dialog", { name: "Kill?" });
    await dialog.getByLabel("Reason").fill("orders are wrong since 14:02");
    const away = { status: 503, body: { detail: "A part of the shop is restarting." } };
    for (const path of ["flags", FLAG, `${FLAG}/series`, `${FLAG}/decisions`]) host.overrides[path] = away;
    for (const part of [".rollout > .failed", ".flag > .failed", ".decisions > .failed"])
      await page
        .locator(part)
        .getByText(/^Not up to date since .* restarting/)
        .waitFor();
    host.overrides[`${FLAG}/kill`] = { status: 403, body: { detail: "no", scope: "flags:write" } };
    await dialog.getByRole("button", { name: "Kill" }).press("Enter");
    await dialog.getByText("it lacks the scope flags:write").waitFor();
    expect(await dialog.getByLabel("Reason").inputValue()).toBe("orders are wrong since 14:02");
    expect(await page.locator(".flag-now").innerText()).toContain("edge has 25 %");
    show(atQuarter);
    await page.locator(".flag > .failed").waitFor({ state: "detached" });
    expect(await dialog.getByText("it lacks the scope flags:write").count()).toBe(1);
  });

  it("shows a key without flags:write everything but buttons, and a changed log as one; on a phone", async () => {
    const { started, chosen } = { started: after(["start"]), chosen: CHECKOUT.key };
    show(atQuarter, [0, 1, 0], [{ kind: "started", by: "anna", reason: "", before: started, after: started }], 1);
    const session = { id: "key_1", name: "night watch", via: "key", scopes: ["analytics:read", "flags:read"] };
    host.overrides["session"] = { status: 200, body: session };
    await open(PHONE, `#/rollout/flag/${chosen}`);
    await page.getByText("it would need the scope flags:write").waitFor();
    expect(await page.getByRole("group", { name: "Commands" }).count()).toBe(0);
    await page.getByText("The chain is broken at entry 1").waitFor();
    await page.locator(".guard-line").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await screenshot(page, "console-rollout-phone");
    expect(await seriousViolations(page)).toEqual([]);
    host.overrides["flags"] = { status: 403, body: { detail: "no", scope: "flags:read" } };
    await page.getByText("may not see this part: it lacks the scope flags:read").waitFor();
  });

  it("a coordinator that does not answer takes nobody the others' commands, and is named as one of which nothing is known", async () => {
    show(atQuarter);
    host.overrides["flags"] = { status: 200, body: listOf([[CHECKOUT, viewOf(atQuarter, Date.now())]], true, [CARTS]) };
    host.overrides[`flags/${CARTS.key}`] = { status: 503, body: { detail: "A part of the shop is restarting." } };
    await open(WIDE, `#/rollout/flag/${CHECKOUT.key}`);
    await page.locator(".reasons").waitFor();
    expect(await commands()).toContain("Kill");
    expect(await page.locator(".flag-entry").allInnerTexts()).toEqual([
      expect.stringMatching(/Checking out a cart\s+Climbing/),
      expect.stringMatching(/Creating and changing carts\s+Does not answer$/),
    ]);
    expect(await seriousViolations(page)).toEqual([]);
  });

  it("without a monolith says what could be had, and how", async () => {
    const unguarded = [[CARTS, null] as const, [CHECKOUT, null] as const];
    host.overrides["flags"] = { status: 200, body: listOf(unguarded, false) };
    host.overrides[`flags/${CARTS.key}`] = { status: 200, body: detailsOf(CARTS, null, false) };
    host.overrides[`flags/${CARTS.key}/decisions`] = { status: 200, body: logOf(0, []) };
    await open(WIDE, "#/rollout");
    await page.getByText("There is no monolith behind this shop").waitFor();
    expect(await page.locator(".flag-entry").allInnerTexts()).toEqual([
      expect.stringMatching(/Not guarded\s+100 %$/),
      expect.stringMatching(/Not guarded\s+100 %$/),
    ]);
    await page.getByText("Nothing had to be decided yet").waitFor();
    await screenshot(page, "console-rollout-unguarded");
    expect(await seriousViolations(page)).toEqual([]);
  });
});
