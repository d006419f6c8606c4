import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { describe } from "vitest";
import { ROOT } from "../../scripts/wrangler.ts";

/** Debian's package; nothing is downloaded by the tests. */
const CHROMIUM = "/usr/bin/chromium";

/**
 * Tests that need a browser. Without one they are skipped and say so, because a shop can be tried and changed on a machine without it; `.ci/run`
 * installs it first, so there they run.
 */
export function inChromium(name: string, tests: () => void): void {
  // Skipped by the machine and never by the code: a laptop without a browser, as the README says.
  describe.skipIf(!existsSync(CHROMIUM))(`${name} (needs Debian's chromium)`, () => {
    tests();
  });
}

const SCREENSHOTS = join(ROOT, "test/browser/screenshots");

/** Chromium without its own traffic: it must not look anything up while a page is tested. */
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const openBrowser = (): Promise<Browser> => chromium.launch({ executablePath: CHROMIUM, args: ARGS });

/** Kept as an artefact, so that a person can look at what the test looked at. */
export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}
