import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { buildPage } from "../../scripts/assets/page.ts";
import { CONSOLE } from "../../scripts/assets/pages.ts";
import { seriousViolations } from "../support/axe.ts";
import { boardOf } from "../support/boards.ts";
import { inChromium, openBrowser, screenshot } from "../support/browser.ts";
import { type ConsoleHost, startConsoleHost } from "../support/console-host.ts";
import { startLiveFixture } from "../support/live-fixture.ts";

/** Goal: whom Cloudflare Access has let in needs no key. Threat: a sign-in that has ended looks like a shop that is down, on the night of all nights. */
const PATHS = ["session", "analytics/snapshot"] as const;

inChromium("the console behind Cloudflare Access", () => {
  let fixture: Awaited<ReturnType<typeof startLiveFixture>>;
  let host: ConsoleHost;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    await buildPage(CONSOLE);
    fixture = await startLiveFixture(0);
    host = await startConsoleHost(fixture.url);
    host.refusesSockets = true;
    browser = await openBrowser();
  });
  afterEach(() => page?.context().close());
  afterAll(async () => {
    await browser?.close();
    host?.close();
    fixture?.close();
  });

  function letIn(): void {
    const session = { id: "a", name: "ada@example.com", via: "access", scopes: ["*"] };
    host.overrides["session"] = { status: 200, body: session };
    host.overrides["analytics/snapshot"] = { status: 200, body: boardOf([]) };
  }

  /** As Access does it, for a page or for a request of one. */
  function turnAway(): void {
    const location = "https://shop.cloudflareaccess.com/cdn-cgi/access/login/shop.test";
    for (const path of PATHS) host.overrides[path] = { status: 302, body: "", location };
  }

  async function open(): Promise<void> {
    letIn();
    const context = await browser.newContext({ locale: "en-US", viewport: { width: 1_440, height: 900 } });
    page = await context.newPage();
    await page.goto(`${host.url}/ops/`);
    await page.locator(".status.live").waitFor();
  }
  const ended = () => page.getByRole("heading", { name: "Your sign-in has ended" });

  it("asks for no key", async () => {
    await open();
    expect(await page.getByRole("button", { name: /^Sign out/ }).count()).toBe(0);
  });

  it("says that a sign-in has ended, and lets sign in again, instead of calling the shop unreachable", async () => {
    await open();
    turnAway();
    await ended().waitFor();
    await screenshot(page, "console-ended");
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByRole("button", { name: "Sign in again" }).press("Enter");
    // Not signed in yet: the page says so again, and does not ask for a key, which would not get past Access.
    await ended().waitFor();
    letIn();
    await page.getByRole("button", { name: "Sign in again" }).press("Enter");
    await page.locator(".status.live").waitFor();
  });

  it("takes a token that the shop does not accept any more for the same", async () => {
    await open();
    host.overrides["analytics/snapshot"] = { status: 401, body: { status: 401, code: "unauthorized", detail: "" } };
    await ended().waitFor();
    expect(await page.getByLabel("Admin key").count()).toBe(0);
  });
});
