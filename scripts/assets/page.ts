import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { InlineConfig } from "vite";
import { ROOT } from "../wrangler.ts";

/** A page that Vite builds: a folder with a vite.config.ts and an index.html. Paths are relative to the repository. */
export interface Page {
  readonly name: string;
  readonly root: string;
  /** Replaced as a whole by each build. */
  readonly output: string;
  /** Files and folders that the page is made of. When none of them changed, nothing is built. */
  readonly sources: readonly string[];
}

/** The lock file says which versions of Vite and of the page's libraries are used; this file, how. */
const ALWAYS = ["package-lock.json", "scripts/assets/page.ts"];
const SWAPS = 3;

/** Builds the page unless it is there already, made from these very sources. Says whether it had to. */
export async function buildPage(page: Page): Promise<boolean> {
  const output = join(ROOT, page.output);
  const stamp = join(ROOT, "dist/pages", `${page.name}.sha256`);
  const fingerprint = fingerprintOf([...ALWAYS, ...page.sources]);
  if (existsSync(join(output, "index.html")) && read(stamp) === fingerprint) return false;
  // Beside the target, so that it can be moved there at once: nobody is served half of a build, and two builds do not mix.
  const fresh = join(ROOT, "dist/pages", `${page.name}.${process.pid}`);
  const configFile = join(ROOT, page.root, "vite.config.ts");
  await forProduction({
    root: join(ROOT, page.root),
    configFile,
    logLevel: "warn",
    build: { outDir: fresh, emptyOutDir: true },
  });
  swap(fresh, output);
  writeFileSync(stamp, fingerprint);
  return true;
}

/** Vite takes a `NODE_ENV` that is set for what is wanted; a test runner's would put development code and this machine's paths into the page. */
async function forProduction(config: InlineConfig): Promise<void> {
  const { build } = await import("vite");
  const before = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production";
  try {
    await build(config);
  } finally {
    if (before === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = before;
  }
}

function fingerprintOf(sources: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of sources.flatMap((source) => filesBelow(join(ROOT, source)))) {
    hash.update(path.slice(ROOT.length)).update("\0").update(readFileSync(path)).update("\0");
  }
  return hash.digest("hex");
}

/** Every file at or below the path, in an order that does not depend on the machine. */
export function filesBelow(path: string): string[] {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

function swap(fresh: string, output: string): void {
  mkdirSync(dirname(output), { recursive: true });
  for (let left = SWAPS; ; left -= 1) {
    rmSync(output, { recursive: true, force: true });
    try {
      return renameSync(fresh, output);
    } catch (error) {
      // Another build of the same sources got there between the two steps.
      if (left === 0) throw error;
    }
  }
}

const read = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, "utf8") : undefined);
