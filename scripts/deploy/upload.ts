import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Unstable_RawConfig as RawConfig } from "wrangler";
import { readConfig } from "../config.ts";
import type { WorkerEntry } from "../workers.ts";
import { must, type Run } from "./step.ts";

/**
 * Uploads one Worker with its secrets, which go with the code: a required secret that is missing would refuse the first version. They
 * are in a file for the length of the command, readable by nobody else.
 */
export async function upload(
  run: Run,
  worker: WorkerEntry,
  config: string,
  secrets: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const file = join(dirname(config), "secrets.json");
  const withSecrets = Object.keys(secrets).length > 0;
  if (withSecrets) writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
  const remedy =
    "The Workers before this one are deployed and work with the versions that run now; objects only ever grow." +
    " Correct what is named above and run `npm run deploy` again: it goes on from here.";
  const args = ["deploy", "--minify", "-c", config, ...(withSecrets ? ["--secrets-file", file] : [])];
  try {
    const { stdout } = await must(run, args, `Deploying ${worker.name} (${worker.script})`, remedy);
    return addressOf(readConfig(worker), stdout);
  } finally {
    rmSync(file, { force: true });
  }
}

/** Where the Worker answers: under its own hostname when the config gives it one, else where wrangler says. */
export function addressOf({ routes = [] }: Pick<RawConfig, "routes">, stdout: string): string | undefined {
  const own = routes.find((route) => typeof route === "object" && "custom_domain" in route && route.custom_domain);
  if (typeof own === "object") return `https://${own.pattern}`;
  return /https:\/\/\S+\.workers\.dev/.exec(stdout)?.[0];
}
