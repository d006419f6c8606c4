import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { readConfig } from "../../scripts/config.ts";
import { must } from "../../scripts/deploy/step.ts";
import { WORKERS } from "../../scripts/workers.ts";
import { wrangler } from "../../scripts/wrangler.ts";
import type { Bench } from "../runtime/bench.ts";
import { type Spread, spreadOf } from "../statistics.ts";
import { startUpMs } from "../runtime/start-up-profile.ts";
import type { Study } from "./list.ts";

/** Uploads above this are a mistake: some dependency that was not meant to come along. */
const GZIP_LIMIT = 150 * 1_024;
/** Odd, so that the median is one that happened. */
const TIMES = 5;
const EMPTY = "export default { fetch: () => new Response(null) };\n";

interface ColdStart {
  readonly label: string;
  /** Of everything that is uploaded, gzip, in bytes. */
  readonly gzipBytes: number;
  readonly bytes: number;
  /** CPU time until the Worker can take its first request, in ms. */
  readonly startUpMs: Spread;
}

/**
 * What a new isolate of each Worker costs before it answers: its size and its start-up time, by `wrangler check startup`, which profiles the
 * bundle while workerd evaluates it. Cloudflare refuses what takes more than a second
 * (https://developers.cloudflare.com/changelog/2025-10-10-increased-startup-time). The yardstick is a Worker without a line in it.
 */
export const coldStart: Study = {
  name: "cold-start",
  title: "upload size and start-up time of each Worker, beside one that is empty",
  run: async ({ bench, field, smoke, progress }) => {
    const folder = join(bench.directory, "cold-start");
    mkdirSync(folder);
    const empty = { label: "an empty Worker", modules: [{ name: "index.js", text: EMPTY }] };
    const own = WORKERS.map(({ name }) => ({
      label: `the shop: ${name}`,
      modules: modulesOf(join(field.shop.bundles, name)),
    }));
    const found: ColdStart[] = [];
    // One is enough to know that it can be measured.
    for (const { label, modules } of smoke ? own.slice(0, 1) : [empty, ...own]) {
      progress(`  ${label} ...`);
      found.push(await measure(bench, label, modules, smoke ? 1 : TIMES));
    }
    return { data: found, lines: found.map(lineOf), warnings: found.flatMap(warningsOf) };
  },
};

interface Module {
  readonly name: string;
  readonly text: string;
}

async function measure(bench: Bench, label: string, modules: readonly Module[], times: number): Promise<ColdStart> {
  const bundle = join(bench.directory, "cold-start", "worker.bundle");
  await writeBundle(bundle, modules);
  const profile = `${bundle}.cpuprofile`;
  const values: number[] = [];
  for (let time = 0; time < times; time++) {
    const args = ["check", "startup", "--worker", bundle, "--outfile", profile];
    await must(wrangler, args, `Starting ${label} up`, "The bundle that would be uploaded does not start.");
    values.push(startUpMs(readFileSync(profile, "utf8")));
  }
  const all = Buffer.from(modules.map(({ text }) => text).join("\n"));
  return { label, bytes: all.length, gzipBytes: gzipSync(all).length, startUpMs: spreadOf(values) };
}

/** The main module first, as `wrangler deploy` names it. */
function modulesOf(bundle: string): Module[] {
  const names = readdirSync(bundle).filter((file) => file.endsWith(".js"));
  const sorted = names.toSorted((a, b) => Number(b === "index.js") - Number(a === "index.js"));
  return sorted.map((name) => ({ name, text: readFileSync(join(bundle, name), "utf8") }));
}

/** What is uploaded: https://developers.cloudflare.com/workers/configuration/multipart-upload-metadata/ */
async function writeBundle(path: string, modules: readonly Module[]): Promise<void> {
  const [main] = modules;
  const [worker] = WORKERS;
  if (!main || !worker) throw new Error("there is nothing to upload");
  const form = new FormData();
  const { compatibility_date } = readConfig(worker);
  form.set("metadata", JSON.stringify({ main_module: main.name, compatibility_date }));
  for (const { name, text } of modules) {
    form.set(name, new File([text], name, { type: "application/javascript+module" }));
  }
  writeFileSync(path, Buffer.from(await new Response(form).arrayBuffer()));
}

const LABEL_CHARS = 52;
const kib = (bytes: number): string => `${(bytes / 1_024).toFixed(1)} KiB`;

const lineOf = ({ label, bytes, gzipBytes, startUpMs: { median, low, high } }: ColdStart): string =>
  `${label.padEnd(LABEL_CHARS)}${kib(gzipBytes).padStart(10)} gzip (${kib(bytes)})  ${median.toFixed(1)} ms (${low.toFixed(1)} to ${high.toFixed(1)})`;

const warningsOf = ({ label, gzipBytes }: ColdStart): string[] =>
  gzipBytes > GZIP_LIMIT ? [`${label}: ${kib(gzipBytes)} gzip is more than the limit of ${kib(GZIP_LIMIT)}.`] : [];
