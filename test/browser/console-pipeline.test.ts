import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { buildPage } from "../../scripts/assets/page.ts";
import { CONSOLE } from "../../scripts/assets/pages.ts";
import type { DecisionsBody } from "../../src/domain/pipeline/view.ts";
import { seriousViolations } from "../support/axe.ts";
import { inChromium, openBrowser, screenshot } from "../support/browser.ts";
import { type ConsoleHost, startConsoleHost } from "../support/console-host.ts";
import { startLiveFixture } from "../support/live-fixture.ts";
import { bodiesOf } from "../support/pipeline-bodies.ts";

/** Goal: who is woken at night sees on one screen which stage is sick, what happens instead, and why. Threat: a sick stage that looks like an idle one. */
const WIDE = { width: 1_440, height: 900 };
const PHONE = { width: 390, height: 844 };

// Without a browser there is nothing to drive. `.ci/run` installs it, and says so should it ever fail to.
inChromium("the console's pipeline", () => {
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
    if (troubles.length > 0) throw new Error(`the page complained: ${troubles.join("\n")}`);
  });
  afterAll(async () => {
    await browser?.close();
    host?.close();
    fixture?.close();
  });

  async function open(viewport: { width: number; height: number }): Promise<void> {
    const context = await browser.newContext({ locale: "en-US", viewport });
    page = await context.newPage();
    troubles = [];
    page.on("pageerror", (error) => troubles.push(error.message));
    await page.addInitScript(() => sessionStorage.setItem("breakwater.admin-key", "dev-admin-key"));
    await page.goto(`${host.url}/ops/#/pipeline`);
    await page.locator(".stage").first().waitFor();
  }

  let chain: DecisionsBody["chain"] = { intact: true, broken: [] };
  function show(...[now, seen, waits]: Parameters<typeof bodiesOf>): void {
    const { pipeline, decisions } = bodiesOf(now, seen, waits);
    host.overrides["pipeline"] = { status: 200, body: pipeline };
    host.overrides["decisions"] = { status: 200, body: { data: decisions, next_cursor: null, chain } };
  }
  const stage = (name: string) => page.locator(".stage").filter({ has: page.getByRole("heading", { name }) });

  it("tells the sick stage, its detour and its breaker; what waits and for whom; and reads the decisions like a log book", async () => {
    const now = Date.now();
    const oldestAt = now - 42_000;
    const seen = [
      { lane: "ingest", ok: 900, errors: 0 },
      { lane: "aggregate/shard-1", ok: 400, errors: 0 },
      { lane: "enrich", ok: 30, errors: 0 },
      { lane: "enrich", ok: 0, errors: 5 },
      { lane: "aggregate/shard-2", ok: 0, errors: 5 },
    ] as const;
    show(now, seen, {
      backlogs: { payments: { count: 1_240, oldestAt: now - 200_000 }, orders: { count: 0, oldestAt: null } },
      spilled: [{ shard: "shard-2", no: 1, parts: 31, events: 4_210, bytes: 160_000, oldestAt }],
    });
    await open(WIDE);
    expect(await stage("Look up").innerText()).toMatch(/Failing[\s\S]*bypassed: products go on under defaults/);
    expect(await stage("Count").innerText()).toMatch(/put by, counted later[\s\S]*shard-2: left until/);
    expect(await stage("Take in").innerText()).toContain("Running");
    expect(await stage("Charge").innerText()).toMatch(/Silent, work waits[\s\S]*1,240, oldest 3 min/);
    expect(await stage("Move orders on").innerText()).toContain("Not heard of yet");
    expect(await page.locator(".spill").innerText()).toMatch(
      /4,210 events are put by, the oldest for 4\d s \(shard-2 4,210\)/,
    );
    await page.getByText("The chain is intact: nothing was changed").waitFor();
    const lines = await page.locator(".log-line").allInnerTexts();
    expect(lines).toHaveLength(3);
    expect(lines.join("\n")).toMatch(/Left the catalog look-up for 10 s: every one of the last calls failed/);
    expect(lines.join("\n")).toContain("D1_ERROR: no such table: products");
    await screenshot(page, "console-pipeline");
    expect(await seriousViolations(page)).toEqual([]);
    chain = { intact: false, broken: [{ source: "pipeline", first_broken: 2 }] };
    show(now, seen, { backlogs: {}, spilled: [] });
    await page.getByText("The chain of pipeline is broken at entry 2: do not believe what follows it").waitFor();
  });

  it("shows a pipeline that is well without alarm, on a phone as well", async () => {
    show(Date.now(), [{ lane: "orders", ok: 12, errors: 0 }], { backlogs: {}, spilled: [] });
    await open(PHONE);
    expect(await stage("Move orders on").innerText()).toContain("Running");
    expect(await page.locator(".stage.sick").count()).toBe(0);
    const fits = await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
    expect(fits).toBe(true);
    await screenshot(page, "console-pipeline-phone");
    expect(await seriousViolations(page)).toEqual([]);
  });
});
