import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { readConfig } from "../../scripts/config.ts";
import { QUEUES, SECRETS, WORKERS } from "../../scripts/workers.ts";
import { ROOT } from "../../scripts/wrangler.ts";
import { platformQueue, shopQueue } from "../../src/domain/queue-names.ts";
import { importsOf, matchesIn, repositoryFiles, withoutComments } from "../support/source-tree.ts";

/**
 * Goal: what docs/architecture.md and CONTRIBUTING.md promise about the shape of this code stays true without anyone having to remember it.
 * The threat is a shortcut that works today: a binding back up the chain, a second consumer, a secret that spreads.
 */
const LINES_PER_FILE = 300;
const LINES_PER_FUNCTION = 70;

const files = repositoryFiles();
const sources = files.filter(({ path }) => /\.tsx?$/.test(path) && !path.endsWith("env.d.ts"));
const code = sources.map(({ path, text }) => ({ path, text: withoutComments(text) }));
const deployed = code.filter(({ path }) => path.startsWith("src/") || path.startsWith("durable-objects/"));
const workers = WORKERS.map((worker) => ({ ...worker, toml: readConfig(worker) }));
type Deployable = (typeof workers)[number];

const architecture = files.find(({ path }) => path === "docs/architecture.md")?.text.split("\n") ?? [];
/** The cells of the row of a table there that begins so. */
const rowOf = (name: string): string[] =>
  architecture.find((line) => line.startsWith(`| ${name} | `))?.split(" | ") ?? [];

const nameOf = (script: string): string => WORKERS.find((worker) => worker.script === script)?.name ?? script;

function boundBy({ name, toml }: Deployable): string[] {
  const objects = toml.durable_objects?.bindings?.flatMap(({ script_name: script }) => script ?? []) ?? [];
  const services = toml.services?.map(({ service }) => service) ?? [];
  return [...new Set([...objects, ...services].map(nameOf))].filter((other) => other !== name).toSorted();
}

describe("Workers", () => {
  test("every directory with a wrangler.toml is in the one ordered list, under its own name", () => {
    const configs = files.map(({ path }) => path).filter((path) => path.endsWith("wrangler.toml"));
    expect(WORKERS.map(({ config }) => config).toSorted()).toEqual(configs.toSorted());
    expect(workers.map(({ toml }) => toml.name)).toEqual(WORKERS.map(({ script }) => script));
  });

  test("bindings have no cycle: each Worker binds what scripts/workers.ts says, and only what is deployed before it", () => {
    const bound = workers.map((worker) => [worker.name, boundBy(worker)]);
    expect(bound).toEqual(WORKERS.map(({ name, uses }) => [name, uses.toSorted()]));
    const order = WORKERS.map(({ name }) => name);
    const backwards = WORKERS.filter(({ name, uses }) =>
      uses.some((other) => order.indexOf(other) >= order.indexOf(name)),
    );
    expect(backwards).toEqual([]);
  });

  test("the storefront is the one public Worker, and no version of any has an address of its own", () => {
    const reachable = workers.filter(({ toml }) => toml.workers_dev !== false || toml.routes || toml.route);
    expect(reachable.map(({ name }) => name)).toEqual(["storefront"]);
    expect(workers.filter(({ toml }) => toml.preview_urls !== false).map(({ name }) => name)).toEqual([]);
  });

  test("the state Worker holds no secret, and every secret belongs to exactly one Worker and is explained", () => {
    const required = workers.flatMap(({ name, toml }) => toml.secrets?.required?.map((secret) => [secret, name]) ?? []);
    expect(Object.fromEntries(required)).toEqual(
      Object.fromEntries(Object.entries(SECRETS).map(([secret, { worker }]) => [secret, worker])),
    );
    expect(required).toHaveLength(Object.keys(SECRETS).length);
    expect(required.map(([, name]) => name)).not.toContain("objects");
  });

  test("all run under one compatibility date, with logs on", () => {
    expect(new Set(workers.map(({ toml }) => toml.compatibility_date)).size).toBe(1);
    expect(workers.filter(({ toml }) => !toml.observability?.enabled).map(({ name }) => name)).toEqual([]);
  });

  test("no query string is logged or traced, and traces are sampled alike by all that one request passes through", () => {
    const watched = workers.map(({ toml }) => toml.observability);
    expect(watched.map((each) => each?.redact_query_string)).toEqual(workers.map(() => true));
    const rates = new Set(watched.map((each) => (each?.traces?.enabled ? each.traces.head_sampling_rate : undefined)));
    expect(rates).toEqual(new Set([0.01]));
  });

  test("docs/architecture.md has every object, and which Worker binds which", () => {
    const bound = new Map(
      workers.map(({ name, toml }) => [name, toml.durable_objects?.bindings?.map((each) => each.class_name)]),
    );
    const all = bound.get("objects") ?? [];
    expect(all.filter((one) => !architecture.some((line) => line.startsWith(`| \`${one}\` (`)))).toEqual([]);
    for (const { name } of workers.filter((worker) => worker.name !== "objects")) {
      const [, , cell = ""] = rowOf(name);
      const named = all.filter((one) => cell.includes(`\`${one}\``));
      const said = cell.includes("every class but") ? all.filter((one) => !named.includes(one)) : named;
      expect(said.toSorted(), name).toEqual(bound.get(name)?.toSorted());
    }
  });
});

describe("queues", () => {
  const consumers = workers.flatMap(({ name, toml }) => toml.queues?.consumers?.map((own) => ({ name, own })) ?? []);

  test("each queue has one consumer, which states its retries and where the rest goes", () => {
    const live = QUEUES.map(platformQueue);
    const dead = live.map((queue) => `${queue}-dead`);
    expect(consumers.map(({ own }) => own.queue).toSorted()).toEqual([...live, ...dead].toSorted());
    expect(consumers.filter(({ own }) => own.max_retries === undefined)).toEqual([]);
    const ends = Object.fromEntries(consumers.map(({ own }) => [own.queue, own.dead_letter_queue]));
    expect(ends).toEqual(
      Object.fromEntries(
        live.flatMap((queue) => [
          [queue, `${queue}-dead`],
          [`${queue}-dead`, undefined],
        ]),
      ),
    );
    // Behind a dead-letter queue there is nothing: what runs out of retries there is gone.
    const last = consumers.filter(({ own }) => own.queue.endsWith("-dead")).map(({ own }) => own.max_retries);
    expect(new Set(last)).toEqual(new Set([100]));
    const keepers = consumers.filter(({ own }) => own.queue.endsWith("-dead")).map(({ name }) => name);
    expect(new Set(keepers)).toEqual(new Set(["ops"]));
  });

  test("docs/architecture.md says how each is delivered", () => {
    for (const { queue, max_batch_size: size, max_batch_timeout: wait, max_retries: retries } of consumers.map(
      ({ own }) => own,
    )) {
      const cells = rowOf(`\`${shopQueue(queue).replace(/^.*-dead$/, "<name>-dead")}\``);
      const said = [cells[4], Number.parseInt(cells[5] ?? "", 10)];
      expect(said, queue).toEqual([`${size}${wait === 0 ? ", at once" : ` or ${wait} s`}`, retries]);
    }
  });

  test("nobody sends to a queue that nobody consumes", () => {
    const sent = workers.flatMap(({ toml }) => (toml.queues?.producers ?? []).map(({ queue }) => queue));
    expect(consumers.map(({ own }) => own.queue)).toEqual(expect.arrayContaining(sent));
  });
});

describe("rate limits", () => {
  test("no two share an id, which would be one count for both, and none has one that every example has", () => {
    const ids = workers.flatMap(({ toml }) => (toml.ratelimits ?? []).map(({ namespace_id: id }) => Number(id)));
    expect(ids.length).toBeGreaterThan(0);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !Number.isSafeInteger(id) || id < 1_000_000)).toEqual([]);
  });
});

describe("secrets of the payment provider", () => {
  test("only payments declares, reads or loads anything of Stripe", () => {
    const declaring = workers.filter(({ toml }) => /STRIPE_/.test(JSON.stringify([toml.vars, toml.secrets])));
    expect(declaring.map(({ name }) => name)).toEqual(["payments"]);
    const others = deployed.filter(({ path }) => !path.startsWith("src/payments/"));
    expect(others.flatMap((file) => matchesIn(file, /STRIPE_[A-Z]|from "stripe(?:\/|")/))).toEqual([]);
  });
});

describe("variables", () => {
  test("one that several Workers have is the same in each: events are routed by whoever reads them", () => {
    const values = workers.flatMap(({ toml }) => Object.entries(toml.vars ?? {}));
    const byName = Map.groupBy(values, ([name]) => name);
    const differing = [...byName].filter(([, entries]) => new Set(entries.map(([, value]) => value)).size > 1);
    expect(differing).toEqual([]);
  });
});

describe("imports", () => {
  /** The Worker, or the shared room, that a file belongs to. */
  const roomOf = (path: string): string =>
    path.startsWith("durable-objects/") ? "durable-objects" : path.split("/").slice(0, 2).join("/");
  const SHARED = new Set(["src/domain", "src/platform"]);
  const all = deployed.flatMap(importsOf);

  test("Workers share only src/domain and src/platform at run time; of each other they may import types", () => {
    const crossing = all.filter(({ file, target, typeOnly }) => {
      const inside = target.startsWith("src/") || target.startsWith("durable-objects/");
      return inside && !typeOnly && roomOf(target) !== roomOf(file) && !SHARED.has(roomOf(target));
    });
    expect(crossing).toEqual([]);
  });

  test("nothing that is deployed reaches into scripts, stand-ins or tests", () => {
    expect(all.filter(({ target }) => /^(?:dev|scripts|test|bench)\//.test(target))).toEqual([]);
  });

  test("the console is a client of the admin API: of the Workers it shares src/domain, and types", () => {
    const pages = code.filter(({ path }) => path.startsWith("console/")).flatMap(importsOf);
    expect(pages.length).toBeGreaterThan(0);
    const foreign = pages.filter(
      ({ target, typeOnly }) => /^(?:src|durable-objects|scripts|dev)\//.test(target) && !typeOnly,
    );
    expect(foreign.filter(({ target }) => roomOf(target) !== "src/domain")).toEqual([]);
  });

  test("the shared rooms do not know the Workers, and src/domain knows nothing but itself and pure libraries", () => {
    const shared = all.filter(({ file }) => SHARED.has(roomOf(file)));
    const isOurs = (target: string): boolean => /^(?:src|durable-objects)\//.test(target);
    expect(shared.filter(({ target }) => isOurs(target) && !SHARED.has(roomOf(target)))).toEqual([]);
    const domain = shared.filter(({ file }) => roomOf(file) === "src/domain");
    const pure = new Set(["zod", "uuid", "imurmurhash"]);
    const foreign = domain.filter(({ target }) => roomOf(target) !== "src/domain" && !pure.has(target));
    expect(foreign).toEqual([]);
  });

  test("src/domain has no clock, no chance and no I/O", () => {
    const impure =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bcrypto\b|\bperformance\b|\bfetch\(|\bsetTimeout\b|\bprocess\b|\bconsole\b/;
    const domain = code.filter(({ path }) => path.startsWith("src/domain/"));
    expect(domain.length).toBeGreaterThan(0);
    expect(domain.flatMap((file) => matchesIn(file, impure))).toEqual([]);
  });

  test("bindings are passed in: the ambient env of cloudflare:workers is one type for all Workers and is not used", () => {
    expect(
      deployed.flatMap((file) => matchesIn(file, /import\s*\{[^}]*\benv\b[^}]*\}\s*from\s*"cloudflare:workers"/)),
    ).toEqual([]);
  });
});

describe("style that a linter does not know", () => {
  test(`no file has more than ${LINES_PER_FILE} lines`, () => {
    const long = sources.filter(({ text }) => text.split("\n").length - 1 > LINES_PER_FILE);
    expect(long.map(({ path, text }) => `${path}: ${text.split("\n").length - 1}`)).toEqual([]);
  });

  test(`no function outside the tests has more than ${LINES_PER_FUNCTION} lines`, () => {
    const config = join(mkdtempSync(join(tmpdir(), "oxlint-")), "config.json");
    const rules = { "eslint/max-lines-per-function": ["error", { max: LINES_PER_FUNCTION }] };
    writeFileSync(config, JSON.stringify({ categories: { correctness: "off" }, rules }));
    const oxlint = join(dirname(createRequire(import.meta.url).resolve("oxlint/package.json")), "bin/oxlint");
    const folders = ["src", "durable-objects", "dev", "scripts", "console"];
    const { stdout, status } = spawnSync(process.execPath, [oxlint, "-c", config, "--format=unix", ...folders], {
      cwd: ROOT,
    });
    expect(
      stdout
        .toString("utf8")
        .split("\n")
        .filter((line) => line.includes("max-lines-per-function")),
    ).toEqual([]);
    expect(status).toBe(0);
  });

  test("what is reachable over RPC is hidden with #, never with TypeScript's private, which RPC ignores", () => {
    expect(deployed.flatMap((file) => matchesIn(file, /^\s*(?:private|protected)\s|[(,]\s*private\s+\w/))).toEqual([]);
  });

  test("sets go into SQL as json_each: a list of question marks ends at 100 (pitfall 15)", () => {
    const sql = [...deployed, ...files.filter(({ path }) => path.endsWith(".sql"))];
    expect(sql.flatMap((file) => matchesIn(file, /(?<!CHECK \(\w+ )\bIN\s*\(\s*(?:\?|\$\{)/i))).toEqual([]);
  });
});

describe("the repository works on another machine (pitfall 29)", () => {
  const lockSchema = z.object({
    packages: z.record(
      z.string(),
      z.object({ resolved: z.string().optional(), optionalDependencies: z.record(z.string(), z.string()).optional() }),
    ),
  });
  const { packages } = lockSchema.parse(JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")));

  /** As Node looks for it: beside the package, then in every folder above. */
  function isLocked(from: string, name: string): boolean {
    for (let at = from; ; at = at.includes("/node_modules/") ? at.slice(0, at.lastIndexOf("/node_modules/")) : "") {
      if (packages[`${at === "" ? "" : `${at}/`}node_modules/${name}`]) return true;
      if (at === "") return false;
    }
  }

  test("the lock file has the native parts of every package for every platform", () => {
    const wanted = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).map((name) => ({ path, name })),
    );
    expect(wanted.filter(({ path, name }) => !isLocked(path, name))).toEqual([]);
    const native = ["workerd", "esbuild", "rolldown", "oxlint", "oxfmt", "oxlint-tsgolint", "typescript"];
    for (const name of native) {
      const platforms = wanted
        .filter(({ path }) => path === `node_modules/${name}`)
        .map((part) => part.name)
        .join(" ");
      for (const platform of [/linux.*(?:x64|64)/, /darwin.*arm64/, /(?:win32|windows).*(?:x64|64)/]) {
        expect(platforms, `${name} for ${platform}`).toMatch(platform);
      }
    }
  });

  test("the lock file names no registry but npm's own", () => {
    const resolved = Object.values(packages).flatMap((entry) => entry.resolved ?? []);
    expect(resolved.filter((url) => !url.startsWith("https://registry.npmjs.org/"))).toEqual([]);
  });

  test("no file names a path or a host of the machine that it was written on", () => {
    const local =
      /(?<![\w.])\/(?:home|Users|root|work|mnt)\/[\w.-]|\b(?:artifactory|nexus|verdaccio)\b|https?:\/\/(?!registry\.npmjs\.org)[\w.-]*(?:registry|mirror)[\w.-]*[/:]/;
    const texts = files.filter(({ path }) => path !== "test/unit/architecture.test.ts");
    expect(texts.flatMap((file) => matchesIn(file, local))).toEqual([]);
  });
});
