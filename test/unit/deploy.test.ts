import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ensureDatabase, ensureQueues, requireLogin } from "../../scripts/deploy/account.ts";
import { bundleAll, GZIP_LIMIT_BYTES } from "../../scripts/deploy/bundle.ts";
import { planSecrets } from "../../scripts/deploy/secrets.ts";
import type { Run } from "../../scripts/deploy/step.ts";
import { QUEUES, WORKERS } from "../../scripts/workers.ts";
import { type CommandResult, wrangler } from "../../scripts/wrangler.ts";

/** Goal: a deployment can be run again after any failure, and says what to do about one. Wrangler is played by a script. */
const done = (stdout = ""): CommandResult => ({ code: 0, stdout, stderr: "" });
const failed = (stderr: string): CommandResult => ({ code: 1, stdout: "", stderr });

function account(answer: (command: string) => CommandResult): { run: Run; commands: string[] } {
  const commands: string[] = [];
  const run: Run = async (args) => {
    commands.push(args.join(" "));
    return answer(args.join(" "));
  };
  return { run, commands };
}

const STRIPE = { STRIPE_SECRET_KEY: "sk_live_1", STRIPE_WEBHOOK_SECRET: "whsec_1", ADMIN_KEY: "long enough" };

describe("what must exist once", () => {
  test("a database that exists is used and not created again", async () => {
    const { run, commands } = account(() => done('[{"name":"other","uuid":"o"},{"name":"breakwater","uuid":"id-1"}]'));
    expect(await ensureDatabase(run)).toEqual({ id: "id-1", created: false });
    expect(commands).toEqual(["d1 list --json"]);
  });

  test("a database that is missing is created once, and its id is looked up by name", async () => {
    let databases = "[]";
    const { run } = account((command) => {
      if (command.startsWith("d1 create")) databases = '[{"name":"breakwater","uuid":"id-2"}]';
      return done(databases);
    });
    expect(await ensureDatabase(run)).toEqual({ id: "id-2", created: true });
  });

  test("only missing queues are created, dead-letter queues among them", async () => {
    const { run, commands } = account((command) =>
      command === "queues info orders-dead" ? failed("not found") : done(),
    );
    expect(await ensureQueues(run)).toEqual(["orders-dead"]);
    expect(commands.filter((command) => command.includes("info"))).toHaveLength(QUEUES.length * 2);
  });

  test("a step that fails says what it was, what came back and what to do", async () => {
    const { run } = account((command) => (command.startsWith("queues") ? failed("code 10000: forbidden") : done()));
    await expect(ensureQueues(run)).rejects.toThrow(/queue "orders" failed[\s\S]*forbidden[\s\S]*token/);
    const stranger = account(() => done("You are not authenticated. Please run `wrangler login`."));
    await expect(requireLogin(stranger.run)).rejects.toThrow(/wrangler login/);
  });
});

describe("secrets", () => {
  test("the first deployment takes them from the environment and makes up what nobody needs to know", async () => {
    const { run } = account(() => failed("This Worker does not exist on your account."));
    const plan = await planSecrets(run, STRIPE);
    expect(plan.upload.get("payments")).toEqual({ STRIPE_SECRET_KEY: "sk_live_1", STRIPE_WEBHOOK_SECRET: "whsec_1" });
    expect(plan.generated).toEqual(["CART_KEY_SECRET"]);
    expect(plan.upload.get("storefront")?.["CART_KEY_SECRET"]).toMatch(/^[\w-]{43}$/);
  });

  test("what is missing is named with its purpose before anything is deployed", async () => {
    const { run } = account(() => done("[]"));
    await expect(planSecrets(run, { ADMIN_KEY: "k" })).rejects.toThrow(/STRIPE_SECRET_KEY[\s\S]*STRIPE_WEBHOOK_SECRET/);
  });

  test("a later deployment needs none, and never replaces the generated one: it would change every keyed cart's id", async () => {
    const names = [...Object.keys(STRIPE), "CART_KEY_SECRET"].map((name) => ({ name, type: "secret_text" }));
    const { run } = account(() => done(JSON.stringify(names)));
    const plan = await planSecrets(run, {});
    expect([...plan.upload.values()]).toEqual([{}, {}, {}]);
    expect(plan.generated).toEqual([]);
  });
});

test("all six Workers bundle without a network, and none has swallowed something by accident", async () => {
  const bundles = await bundleAll(wrangler, mkdtempSync(join(tmpdir(), "bundles-")));
  expect(bundles.map(({ name }) => name)).toEqual(WORKERS.map(({ name }) => name));
  expect(bundles.filter(({ gzipBytes }) => gzipBytes > GZIP_LIMIT_BYTES)).toEqual([]);
}, 120_000);
