import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ensureDatabase, ensureQueues, requireLogin } from "../../scripts/deploy/account.ts";
import { bundleAll, GZIP_LIMIT_BYTES } from "../../scripts/deploy/bundle.ts";
import { planSecrets } from "../../scripts/deploy/secrets.ts";
import { must, type Run } from "../../scripts/deploy/step.ts";
import { addressOf } from "../../scripts/deploy/upload.ts";
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
      command === "queues info breakwater-orders-dead" ? failed("not found") : done(),
    );
    expect(await ensureQueues(run)).toEqual(["breakwater-orders-dead"]);
    expect(commands.filter((command) => command.includes("info"))).toHaveLength(QUEUES.length * 2);
  });

  test.each([
    [
      "You need to enable Analytics Engine. Head to the Cloudflare Dashboard to enable. [code: 10089]",
      /dash\S+analytics-engine/,
    ],
    ["workers.api.error.no_access_to_analytics_engine [code:10089]", /Analytics Engine is off/],
    ["You need a workers.dev subdomain in order to proceed. [code: 10063]", /no workers\.dev subdomain/],
    ["You can either deploy to routes, or register a workers.dev subdomain here:", /no workers\.dev subdomain/],
  ])("what the account lacks is named, with where to get it: %s", async (said, remedy) => {
    const { run } = account(() => failed(said));
    await expect(must(run, ["deploy"], "Deploying objects", "Run it again.")).rejects.toThrow(remedy);
  });

  test("a step that fails says what it was, what came back and what to do", async () => {
    const { run } = account((command) => (command.startsWith("queues") ? failed("code 10000: forbidden") : done()));
    await expect(ensureQueues(run)).rejects.toThrow(/queue "breakwater-orders" failed[\s\S]*forbidden[\s\S]*token/);
    const stranger = account(() => done("You are not authenticated. Please run `wrangler login`."));
    await expect(requireLogin(stranger.run)).rejects.toThrow(/wrangler login/);
  });
});

describe("secrets", () => {
  test("the first deployment takes them from the environment and makes up what nobody needs to know", async () => {
    const { run } = account((command) => {
      const script = /--name (\S+)/.exec(command)?.[1];
      return failed(
        `X [ERROR] Worker "${script}" not found.\n\n  If this is a new Worker, run \`wrangler deploy\` first to create it.`,
      );
    });
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

  test.each([
    [
      "the API that fails",
      failed("A request to the Cloudflare API failed. [code: 10013]"),
      /10013[\s\S]*Nothing was deployed/,
    ],
    ["another Worker that is missing", failed('Worker "somebody-elses" not found.'), /somebody-elses/],
    ["success without a list", done("Logged in."), /Logged in\./],
  ])("%s is no list without secrets: nothing is made up, and what came back is shown", async (_, answer, shown) => {
    const { run } = account((command) => (command.includes("--name breakwater ") ? answer : done("[]")));
    await expect(planSecrets(run, STRIPE)).rejects.toThrow(shown);
  });

  test("a login with several accounts is told to name one, and not that secrets are missing", async () => {
    const { run } = account(() => failed("More than one account available but unable to select one."));
    await expect(planSecrets(run, {})).rejects.toThrow(/set CLOUDFLARE_ACCOUNT_ID/);
  });
});

describe("the installed wrangler", () => {
  afterEach(() => vi.unstubAllEnvs());

  /** Plays Cloudflare's API, with one answer to everything. */
  async function api<T>(status: number, code: number, work: () => Promise<T>): Promise<T> {
    const error = { code, message: code === 10007 ? "This Worker does not exist on your account." : "internal error" };
    const body = JSON.stringify({ success: false, errors: [error], messages: [], result: null });
    const server = createServer((_, response) =>
      response.writeHead(status, { "content-type": "application/json" }).end(body),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    vi.stubEnv("CLOUDFLARE_API_BASE_URL", `http://127.0.0.1:${port}`);
    vi.stubEnv("CLOUDFLARE_API_TOKEN", "token");
    vi.stubEnv("CLOUDFLARE_ACCOUNT_ID", "account");
    try {
      return await work();
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  /** Of the storefront alone: each question takes seconds. */
  const ask: Run = (args) => (args.includes("breakwater") ? wrangler(args) : Promise.resolve(done("[]")));

  test("says in these very words that a Worker does not exist: the first deployment begins with that", async () => {
    const plan = await api(404, 10007, () => planSecrets(ask, STRIPE));
    expect(plan.generated).toEqual(["CART_KEY_SECRET"]);
  });

  test("says something else when the API fails, and that stops the deployment", async () => {
    await expect(api(400, 10013, () => planSecrets(ask, STRIPE))).rejects.toThrow(/10013/);
  });
});

test("the shop's address is its own hostname when it has one, else the one that wrangler prints", () => {
  const printed = "Deployed breakwater triggers (1.2 sec)\n  https://breakwater.ada.workers.dev\nCurrent Version ID: 1";
  expect(addressOf({}, printed)).toBe("https://breakwater.ada.workers.dev");
  const routes = ["shop.example.com/api/*", { pattern: "shop.example.com", custom_domain: true }];
  expect(addressOf({ routes }, printed)).toBe("https://shop.example.com");
  expect(addressOf({}, "Deployed breakwater triggers (1.2 sec)")).toBeUndefined();
});

test("all six Workers bundle without a network, and none has swallowed something by accident", async () => {
  const bundles = await bundleAll(wrangler, mkdtempSync(join(tmpdir(), "bundles-")));
  expect(bundles.map(({ name }) => name)).toEqual(WORKERS.map(({ name }) => name));
  expect(bundles.filter(({ gzipBytes }) => gzipBytes > GZIP_LIMIT_BYTES)).toEqual([]);
}, 120_000);
