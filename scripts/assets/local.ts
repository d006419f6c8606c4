import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { ROOT } from "../wrangler.ts";
import { buildPage, filesBelow } from "./page.ts";
import { LOCAL_PAGES } from "./pages.ts";

/** Rules for headers, read by the asset server from one file. */
const HEADERS = "_headers";

/** Makes the folder that `npm start` serves: what is deployed, and the local pages on top. Returns its path. */
export async function localAssets(target: string): Promise<string> {
  for (const page of LOCAL_PAGES) await buildPage(page);
  layOver([join(ROOT, "public"), ...LOCAL_PAGES.map((page) => join(ROOT, page.output))], target);
  return target;
}

/**
 * Makes `target` hold the files of all layers, a later one winning, and nothing else. `_headers` of all layers apply. Files that are the
 * same already are left alone, because wrangler watches the folder.
 */
export function layOver(layers: readonly string[], target: string): void {
  const wanted = new Map<string, string>();
  const headers: string[] = [];
  for (const layer of layers) {
    for (const path of filesBelow(layer)) {
      const name = relative(layer, path);
      if (name === HEADERS) headers.push(readFileSync(path, "utf8"));
      else wanted.set(name, path);
    }
  }
  mkdirSync(target, { recursive: true });
  for (const path of filesBelow(target)) {
    const name = relative(target, path);
    if (name !== HEADERS && !wanted.has(name)) remove(path, target);
  }
  for (const [name, from] of wanted) {
    const to = join(target, name);
    if (!isSame(from, to)) cpSync(from, to, { preserveTimestamps: true });
  }
  const [rules, text] = [join(target, HEADERS), headers.join("\n")];
  if (!existsSync(rules) || readFileSync(rules, "utf8") !== text) writeFileSync(rules, text);
}

function isSame(from: string, to: string): boolean {
  if (!existsSync(to)) return false;
  const [wanted, present] = [statSync(from), statSync(to)];
  return wanted.size === present.size && Math.abs(wanted.mtimeMs - present.mtimeMs) < 1_000;
}

function remove(path: string, target: string): void {
  rmSync(path);
  for (let folder = dirname(path); folder !== target && readdirSync(folder).length === 0; folder = dirname(folder)) {
    rmSync(folder, { recursive: true });
  }
}
