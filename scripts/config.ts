import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { experimental_readRawConfig as readRawConfig, type Unstable_RawConfig as RawConfig } from "wrangler";
import { WORKERS, type WorkerEntry, type WorkerName } from "./workers.ts";
import { ROOT } from "./wrangler.ts";

export interface DerivedOptions {
  /** Where `<worker>/wrangler.json` is written, with a `.dev.vars` beside it when secrets are given. */
  readonly directory: string;
  /** Values for vars and secrets by name. Each goes to the Workers that declare it and to no other. */
  readonly values?: Readonly<Record<string, string | undefined>>;
  /** The folder that is served instead of the committed one. */
  readonly assets?: string;
  /** The id of the real D1 database. Locally the name in wrangler.toml does as well. */
  readonly databaseId?: string;
}

/**
 * Writes a config for every Worker with absolute paths and the given values, and returns where each is. The committed
 * wrangler.toml files stay free of local values and of account ids; and `wrangler dev` with several configs applies `--var`
 * only to the first, while a var in a config and a `.dev.vars` beside it reach their own Worker.
 */
export function deriveConfigs(options: DerivedOptions): Readonly<Record<WorkerName, string>> {
  const paths = WORKERS.map((worker) => [worker.name, deriveConfig(worker, options)] as const);
  // SAFETY: one entry per Worker, and WORKERS names each WorkerName (the architecture test holds it to that).
  return Object.fromEntries(paths) as Record<WorkerName, string>;
}

function deriveConfig(worker: WorkerEntry, { directory, values = {}, assets, databaseId }: DerivedOptions): string {
  const raw = readConfig(worker);
  const vars = Object.entries(raw.vars ?? {}).map(([name, value]) => [name, values[name] ?? value]);
  const derived: RawConfig = { ...withAbsolutePaths(raw, worker), vars: Object.fromEntries(vars) };
  if (assets !== undefined && derived.assets) derived.assets = { ...derived.assets, directory: resolve(assets) };
  // Where it is reached on Cloudflare. Locally wrangler would take that hostname for the one that every request was sent to.
  if (databaseId === undefined) delete derived.routes;
  if (databaseId !== undefined) {
    derived.d1_databases = derived.d1_databases?.map((database) => ({ ...database, database_id: databaseId })) ?? [];
  }
  const folder = resolve(directory, worker.name);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "wrangler.json");
  writeFileSync(path, JSON.stringify(derived, null, 2));
  const secrets = (raw.secrets?.required ?? []).flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [`${name}=${quoted(value)}\n`];
  });
  writeFileSync(join(folder, ".dev.vars"), secrets.join(""), { mode: 0o600 });
  return path;
}

export function readConfig(worker: WorkerEntry): RawConfig {
  return readRawConfig({ config: join(ROOT, worker.config) }).rawConfig;
}

function withAbsolutePaths(raw: RawConfig, worker: WorkerEntry): RawConfig {
  const base = dirname(join(ROOT, worker.config));
  const derived: RawConfig = { ...raw };
  if (raw.main !== undefined) derived.main = resolve(base, raw.main);
  if (raw.assets?.directory !== undefined) {
    derived.assets = { ...raw.assets, directory: resolve(base, raw.assets.directory) };
  }
  if (raw.d1_databases) {
    derived.d1_databases = raw.d1_databases.map((database) =>
      database.migrations_dir === undefined
        ? database
        : { ...database, migrations_dir: resolve(base, database.migrations_dir) },
    );
  }
  if (raw.alias !== undefined) {
    const moved = Object.entries(raw.alias).map(([name, target]) => [
      name,
      target.startsWith(".") ? resolve(base, target) : target,
    ]);
    derived.alias = Object.fromEntries(moved);
  }
  return derived;
}

/** In single quotes dotenv takes every character as it is; a value that contains one is quoted with what it does not contain. */
function quoted(value: string): string {
  const quote = ["'", '"', "`"].find((candidate) => !value.includes(candidate));
  if (quote === undefined || value.includes("\n"))
    throw new Error("a secret may not hold all three kinds of quotes or a line break");
  return `${quote}${value}${quote}`;
}
