import { copyFileSync, existsSync, mkdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { buildPage } from "./assets/page.ts";
import { CONSOLE } from "./assets/pages.ts";
import { ROOT } from "./wrangler.ts";

const FILES = ["swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"];

/** Completes `public/` with what is not committed because it can be made: the console, and the reference page's script. */
export async function prepareAssets(): Promise<void> {
  copyReference();
  if (await buildPage(CONSOLE)) console.log("Built the console");
}

/**
 * Copies the reference page's own script and style out of its package, so that /docs works without a network and under a
 * strict content security policy. Not committed: the lock file already says which bytes they are.
 */
function copyReference(): void {
  const source = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  const target = join(ROOT, "public/vendor/swagger-ui");
  mkdirSync(target, { recursive: true });
  for (const file of FILES) {
    const [from, to] = [join(source, file), join(target, file)];
    // A file that is there already is left alone: wrangler watches the folder and would reload.
    if (!existsSync(to) || statSync(from).size !== statSync(to).size) copyFileSync(from, to);
  }
}

if (import.meta.main) await prepareAssets();
