import * as z from "zod";
import { platformQueue } from "../../src/domain/queue-names.ts";
import { DATABASE, QUEUES } from "../workers.ts";
import { must, type Run, StepFailure } from "./step.ts";

/** What must exist in the account once. Everything is looked for before it is created, so a deployment can be run again at any time. */
const QUEUE_NAMES: readonly string[] = [...QUEUES, ...QUEUES.map((queue) => `${queue}-dead`)].map(platformQueue);

export async function requireLogin(run: Run): Promise<void> {
  const result = await run(["whoami"]);
  if (result.code === 0 && !/not authenticated/i.test(result.stdout)) return;
  throw new StepFailure(
    "Asking Cloudflare who you are",
    "Log in with `npx wrangler login`, or set CLOUDFLARE_API_TOKEN to a token that may edit Workers, D1 and Queues, and" +
      " CLOUDFLARE_ACCOUNT_ID if it is for more than one account.",
    result,
  );
}

const databasesSchema = z.array(z.object({ name: z.string(), uuid: z.string() }));

/** Returns the id of the database, which is created when there is none of that name. */
export async function ensureDatabase(run: Run): Promise<{ id: string; created: boolean }> {
  const id = await findDatabase(run);
  if (id !== undefined) return { id, created: false };
  const remedy = "Does the token allow editing D1, and is the account below its limit of databases?";
  await must(run, ["d1", "create", DATABASE], `Creating the D1 database "${DATABASE}"`, remedy);
  const made = await findDatabase(run);
  if (made === undefined) throw new StepFailure("Finding the database that was just created", "Wait a minute.");
  return { id: made, created: true };
}

async function findDatabase(run: Run): Promise<string | undefined> {
  const remedy = "Does the token allow reading D1?";
  const { stdout } = await must(run, ["d1", "list", "--json"], "Listing the D1 databases", remedy);
  const json = stdout.slice(Math.max(0, stdout.indexOf("[")));
  return databasesSchema.parse(JSON.parse(json)).find(({ name }) => name === DATABASE)?.uuid;
}

export async function ensureQueues(run: Run): Promise<readonly string[]> {
  const created: string[] = [];
  for (const queue of QUEUE_NAMES) {
    if ((await run(["queues", "info", queue])).code === 0) continue;
    const remedy = "Does the token allow editing queues?";
    await must(run, ["queues", "create", queue], `Creating the queue "${queue}"`, remedy);
    created.push(queue);
  }
  return created;
}

export async function applyRemoteMigrations(run: Run, config: string): Promise<void> {
  const remedy =
    "A migration that fails is rolled back, the ones before it stay. Correct it and go on; never edit one that was applied.";
  await must(run, ["d1", "migrations", "apply", DATABASE, "--remote", "-c", config], "Migrating the database", remedy);
}
