import { randomBytes } from "node:crypto";
import * as z from "zod";
import { SECRETS, WORKERS, type WorkerName } from "../workers.ts";
import type { CommandResult } from "../wrangler.ts";
import { type Run, StepFailure } from "./step.ts";

const GENERATED_BYTES = 32;
const listSchema = z.array(z.object({ name: z.string() }));

export interface SecretPlan {
  /** Values to upload with each Worker; what is set there and not given again stays as it is. */
  readonly upload: ReadonlyMap<WorkerName, Readonly<Record<string, string>>>;
  readonly generated: readonly string[];
}

/**
 * Finds a value for every secret that the Workers need: the environment's, else what is set already, else one made up where nobody needs
 * to know it. Before anything is deployed, so that a shop never goes live without one.
 */
export async function planSecrets(run: Run, environment: NodeJS.ProcessEnv): Promise<SecretPlan> {
  refuseWeak(environment);
  const upload = new Map<WorkerName, Record<string, string>>();
  const generated: string[] = [];
  const missing: string[] = [];
  for (const worker of WORKERS) {
    const needed = Object.entries(SECRETS).filter(([, note]) => note.worker === worker.name);
    if (needed.length === 0) continue;
    const present = await listSecrets(run, worker.script);
    const values: Record<string, string> = {};
    for (const [name, note] of needed) {
      const given = environment[name];
      if (given) values[name] = given;
      else if (present.has(name)) continue;
      else if (note.generated) {
        values[name] = randomBytes(GENERATED_BYTES).toString("base64url");
        generated.push(name);
      } else missing.push(`  ${name}  ${note.purpose}`);
    }
    upload.set(worker.name, values);
  }
  if (missing.length > 0) {
    const remedy = `Set in the environment of this command, for the first deployment only:\n\n${missing.join("\n")}`;
    throw new StepFailure("Collecting the secrets", remedy);
  }
  return { upload, generated };
}

/** What a laptop uses stands in this repository: with it anybody could sign payments, or run the shop. */
function refuseWeak(environment: NodeJS.ProcessEnv): void {
  const weak = Object.entries(SECRETS).flatMap(([name, { local, minChars = 1 }]) => {
    const given = environment[name];
    if (!given) return [];
    // One variable may hold several while they are being replaced.
    if (given.split(/\s+/).includes(local)) return [`  ${name}  is the one for local work, which everybody knows`];
    return given.length < minChars
      ? [`  ${name}  has ${given.length} characters; at least ${minChars} are needed`]
      : [];
  });
  if (weak.length > 0) {
    const remedy = `Nothing was deployed. Set others, or unset those that the Workers have already:\n\n${weak.join("\n")}`;
    throw new StepFailure("Collecting the secrets", remedy);
  }
}

/**
 * Names only; Cloudflare never shows a value again. A Worker that does not exist yet has none; any other failure is no answer, and a secret
 * that was taken for missing would be made anew.
 */
async function listSecrets(run: Run, script: string): Promise<ReadonlySet<string>> {
  const result = await run(["secret", "list", "--name", script, "--format", "json"]);
  const names = result.code === 0 ? namesIn(result.stdout) : undefined;
  if (names) return names;
  if (result.code !== 0 && isUnknown(script, result)) return new Set();
  throw new StepFailure(
    `Listing the secrets of ${script}`,
    "Nothing was deployed: without this list a secret that is set would be taken for missing and made anew. Does the token allow" +
      " reading Workers scripts, and is this the account that the shop is in?",
    result,
  );
}

function namesIn(stdout: string): ReadonlySet<string> | undefined {
  try {
    const json = stdout.slice(Math.max(0, stdout.indexOf("[")));
    return new Set(listSchema.parse(JSON.parse(json)).map(({ name }) => name));
  } catch {
    return undefined;
  }
}

/** wrangler's own words for the API's codes 10007 and 10090, which come with no code. A test asks the installed wrangler for them. */
const isUnknown = (script: string, { stdout, stderr }: CommandResult): boolean =>
  `${stdout}\n${stderr}`.replaceAll(/\s+/g, " ").includes(`Worker "${script}" not found.`);
