import { existsSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { LOCAL_VARS, SECRETS } from "../workers.ts";
import { ROOT } from "../wrangler.ts";

/** What `npm start` was asked for. Every variable of a wrangler.toml and every secret can be given by its own name. */
export interface Settings {
  readonly port: number;
  readonly standInPort: number;
  readonly stateDirectory: string;
  readonly fresh: boolean;
  /** The port of the stand-in for a monolith, when the shop is to stand in front of one. */
  readonly legacyPort: number | undefined;
  readonly adminKey: string;
  /** A payment provider that runs elsewhere. Without one the stand-in is started. */
  readonly stripeApiBase: string | undefined;
  /** Vars and secrets by name. */
  readonly values: Readonly<Record<string, string | undefined>>;
}

export function readSettings(environment: NodeJS.ProcessEnv, args: readonly string[]): Settings {
  const unknown = args.filter((arg) => arg !== "--fresh" && arg !== "--legacy");
  if (unknown.length > 0) throw new Error(`unknown argument ${unknown.join(" ")}; there are --fresh and --legacy`);
  const port = portOf("PORT", environment["PORT"] ?? "8787");
  const standInPort = portOf("STRIPE_STANDIN_PORT", environment["STRIPE_STANDIN_PORT"] ?? "12111");
  const hasLegacy = args.includes("--legacy");
  const legacyPort = hasLegacy ? portOf("LEGACY_PORT", environment["LEGACY_PORT"] ?? "13111") : undefined;
  const stripeApiBase = environment["STRIPE_API_BASE"] || undefined;
  if (stripeApiBase !== undefined && !isLoopback(stripeApiBase)) requireStripeSecrets(environment);
  const secrets = Object.entries(SECRETS).map(([name, note]) => [name, environment[name] || note.local] as const);
  const values: Record<string, string | undefined> = {
    ...LOCAL_VARS,
    ...environment,
    ...Object.fromEntries(secrets),
    ...(legacyPort !== undefined && { LEGACY_ORIGIN: `http://127.0.0.1:${legacyPort}` }),
    STRIPE_API_BASE: stripeApiBase ?? `http://127.0.0.1:${standInPort}`,
    // On a laptop every client is 127.0.0.1, so a limit per client would be one for all.
    CLIENT_RATE_LIMIT: environment["CLIENT_RATE_LIMIT"] || "off",
    // Receivers that are being developed run on this machine too.
    WEBHOOK_TARGETS: environment["WEBHOOK_TARGETS"] || "any",
  };
  return {
    port,
    standInPort,
    stateDirectory: resolve(ROOT, environment["STATE_DIR"] || ".state"),
    fresh: args.includes("--fresh"),
    legacyPort,
    adminKey: values["ADMIN_KEY"] ?? "",
    stripeApiBase,
    values,
  };
}

function portOf(name: string, text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error(`${name} is "${text}", not a port (1 to 65535)`);
  return port;
}

/** Another stand-in on this machine takes the local secrets; a real account has its own. */
const isLoopback = (base: string): boolean => ["127.0.0.1", "localhost", "[::1]"].includes(new URL(base).hostname);

function requireStripeSecrets(environment: NodeJS.ProcessEnv): void {
  const missing = ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"].filter((name) => !environment[name]);
  if (missing.length > 0) {
    throw new Error(`STRIPE_API_BASE is set, so ${missing.join(" and ")} must be set too: the stand-in is not used`);
  }
}

/** What `npm start` writes in the state directory. Nothing else in it is ever deleted. */
export interface StatePaths {
  /** What is served as files: `public/` and the pages for local work. */
  readonly assets: string;
  readonly config: string;
  readonly storage: string;
  readonly seed: string;
  readonly stripe: string;
  readonly legacy: string;
  /** Where wrangler notes which local Worker consumes which queue. */
  readonly registry: string;
}

export function statePaths({ stateDirectory }: Settings): StatePaths {
  return {
    assets: join(stateDirectory, "assets"),
    config: join(stateDirectory, "config"),
    storage: join(stateDirectory, "storage"),
    seed: join(stateDirectory, "seed.json"),
    stripe: join(stateDirectory, "stripe.jsonl"),
    legacy: join(stateDirectory, "legacy.jsonl"),
    registry: join(stateDirectory, "registry"),
  };
}

export function wipe(paths: StatePaths): boolean {
  const present = Object.values(paths).filter((path) => existsSync(path));
  for (const path of present) rmSync(path, { recursive: true, force: true });
  return present.length > 0;
}
