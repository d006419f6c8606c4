import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { ROOT } from "../scripts/wrangler.ts";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  /** Runnable processes in the last minute, before anything was started; idle is 0. */
  readonly loadBefore: number;
  readonly versions: Readonly<Record<string, string>>;
}

const MEASURED = ["workerd", "miniflare", "wrangler", "hono"];
const GIB = 2 ** 30;
const packageSchema = z.object({ version: z.string() });

/** What a figure means nothing without. */
export function describeMachine(): Machine {
  const versions = MEASURED.map((name) => [name, versionOf(name)] as const);
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / GIB),
    system: `${platform()} ${release()}`,
    loadBefore: loadavg()[0] ?? 0,
    versions: { node: process.versions.node, ...Object.fromEntries(versions) },
  };
}

function versionOf(name: string): string {
  const path = join(ROOT, "node_modules", name, "package.json");
  return packageSchema.parse(JSON.parse(readFileSync(path, "utf8"))).version;
}

/** The commit that is measured, with `+changes` when the files are not it. */
export function describeCommit(): string {
  const git = (...args: readonly string[]): string =>
    spawnSync("git", [...args], { cwd: ROOT, encoding: "utf8" }).stdout?.trim() ?? "";
  const commit = git("rev-parse", "--short=12", "HEAD");
  if (commit === "") return "unknown";
  return git("status", "--porcelain", "--untracked-files=no") === "" ? commit : `${commit}+changes`;
}
