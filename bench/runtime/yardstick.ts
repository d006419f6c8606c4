import { join } from "node:path";
import type { Unstable_RawConfig as RawConfig } from "wrangler";
import { SECRETS } from "../../scripts/workers.ts";
import { ROOT } from "../../scripts/wrangler.ts";
import { type BareConfig, bundleBare, compatibilityDate, SQLITE_OBJECT } from "./bare.ts";
import { abortObjects, type Bench, freePort, startRuntime } from "./bench.ts";
import { runtimeRssBytes } from "./proc.ts";

const NAME = "breakwater-yardstick";
const BEHIND = `${NAME}-behind`;

/** The platform's bare operations, in a runtime of their own. */
export interface Yardstick {
  readonly origin: string;
  /**
   * Drops its objects from memory. Each is an open database for ten seconds after its last call, and thousands of new ones are more files
   * than a process may have open.
   */
  readonly forget: () => Promise<void>;
  /** Its memory that is in RAM, in bytes. */
  readonly rssBytes: () => number;
  readonly kill: () => Promise<void>;
}

/**
 * Bundles and starts the yardstick Worker, in a process like the shop's and of the same compatibility date. `probePort`: where single cells can be called
 * (`probe.worker.ts`).
 */
export async function startYardstick(
  bench: Bench,
  payload: Readonly<Record<string, unknown>>,
  probePort?: number,
): Promise<Yardstick> {
  const folder = join(bench.directory, "yardstick");
  const front = yardstickConfig(payload);
  const workers = await bundleBare(folder, [
    { ...front, services: [{ binding: "BEHIND", service: BEHIND }] },
    { ...front, name: BEHIND, exports: {}, durable_objects: { bindings: [] } },
  ]);
  const breakerPort = await freePort();
  const probe = probePort === undefined ? undefined : { port: probePort, script: NAME, class_name: "Cell" };
  const spec = { workers, storage: join(folder, "state"), port: await freePort(), breaker_port: breakerPort, probe };
  const running = await startRuntime(bench, "yardstick", spec);
  return {
    origin: running.address,
    forget: () => abortObjects(breakerPort),
    rssBytes: () => runtimeRssBytes(running.pid),
    kill: () => running.kill(),
  };
}

const yardstickConfig = (payload: Readonly<Record<string, unknown>>) =>
  ({
    name: NAME,
    main: join(ROOT, "bench/yardstick/worker.ts"),
    compatibility_date: compatibilityDate(),
    // SAFETY: an answer of the shop that was parsed from JSON.
    vars: {
      PAYLOAD: payload as NonNullable<RawConfig["vars"]>[string],
      WEBHOOK_SECRET: SECRETS["STRIPE_WEBHOOK_SECRET"]?.local ?? "",
    },
    exports: { Cell: SQLITE_OBJECT, Hall: SQLITE_OBJECT },
    durable_objects: {
      bindings: [
        { name: "CELL", class_name: "Cell" },
        { name: "HALL", class_name: "Hall" },
      ],
    },
  }) satisfies BareConfig;
