import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { WORKERS } from "../workers.ts";
import { ROOT } from "../wrangler.ts";
import { must, type Run } from "./step.ts";

/** A Worker starts in the time that its code takes to parse; what is far above this has swallowed something by accident. */
export const GZIP_LIMIT_BYTES = 150 * 1024;

export interface Bundle {
  readonly name: string;
  readonly bytes: number;
  readonly gzipBytes: number;
}

/** Bundles every Worker as it would be uploaded, into dist/<name>, without touching the network. */
export async function bundleAll(run: Run, directory = join(ROOT, "dist")): Promise<readonly Bundle[]> {
  const bundles: Bundle[] = [];
  for (const { name, config } of WORKERS) bundles.push(await bundleOne(run, name, join(ROOT, config), directory));
  return bundles;
}

/** The same for one Worker, from a config that need not be the committed one. */
export async function bundleOne(run: Run, name: string, config: string, directory: string): Promise<Bundle> {
  const outdir = join(directory, name);
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(outdir, { recursive: true });
  const remedy = "This is an error in the code or in the config named above; nothing was uploaded.";
  const args = ["deploy", "--dry-run", "--minify", "--outdir", outdir, "-c", config];
  await must(run, args, `Bundling ${name}`, remedy);
  return sizeOf(name, outdir);
}

function sizeOf(name: string, directory: string): Bundle {
  const modules = readdirSync(directory).filter((file) => /\.(?:js|mjs|wasm)$/.test(file));
  const contents = modules.map((file) => readFileSync(join(directory, file)));
  const sum = (sizes: number[]): number => sizes.reduce((total, size) => total + size, 0);
  return {
    name,
    bytes: sum(contents.map((content) => content.byteLength)),
    gzipBytes: sum(contents.map((content) => gzipSync(content).byteLength)),
  };
}

const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;

export function renderBundles(bundles: readonly Bundle[]): string {
  const rows = bundles.map(({ name, bytes, gzipBytes }) => {
    const over = gzipBytes > GZIP_LIMIT_BYTES ? `  over the limit of ${kib(GZIP_LIMIT_BYTES)}` : "";
    return `${name.padEnd(12)}${kib(bytes).padStart(12)}${kib(gzipBytes).padStart(12)}${over}`;
  });
  return [`${"Worker".padEnd(12)}${"bundle".padStart(12)}${"gzip".padStart(12)}`, ...rows].join("\n");
}
