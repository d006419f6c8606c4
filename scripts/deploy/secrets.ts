import { randomBytes } from "node:crypto";
import * as z from "zod";
import { SECRETS, WORKERS, type WorkerName } from "../workers.ts";
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

/** Names only; Cloudflare never shows a value again. A Worker that does not exist yet has none. */
async function listSecrets(run: Run, script: string): Promise<ReadonlySet<string>> {
  const { code, stdout } = await run(["secret", "list", "--name", script, "--format", "json"]);
  if (code !== 0) return new Set();
  const json = stdout.slice(Math.max(0, stdout.indexOf("[")));
  return new Set(listSchema.parse(JSON.parse(json)).map(({ name }) => name));
}
