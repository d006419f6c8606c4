import { join } from "node:path";
import type { Unstable_RawConfig as RawConfig } from "wrangler";
import { AdminClient } from "../../scripts/admin-client.ts";
import { readConfig } from "../../scripts/config.ts";
import { QUEUES, SECRETS, type WorkerEntry, WORKERS } from "../../scripts/workers.ts";
import { ROOT } from "../../scripts/wrangler.ts";
import { shopQueue } from "../../src/domain/queue-names.ts";
import { type BareConfig, bundleBare, compatibilityDate, SQLITE_OBJECT } from "./bare.ts";
import { abortObjects, type Bench, freePort, startRuntime } from "./bench.ts";
import { RoundOfOrders } from "./orders.ts";
import { startStandIn } from "./stand-in.ts";

const CLASSES = ["Cart", "Order", "Stock", "Tally"];

/** A shop without logic, that does a purchase hop by hop (bench/yardstick/hops). */
export interface Hops {
  readonly origin: string;
  /** For a benchmark that buys: a round of purchases ends as the shop's does. */
  readonly orders: () => RoundOfOrders;
  /** Drops its objects from memory, as the other yardstick's are. */
  readonly forget: () => Promise<void>;
}

/** Starts it with a stand-in for Stripe of its own: the world outside is the same as the shop's. */
export async function startHops(bench: Bench, payload: Readonly<Record<string, unknown>>): Promise<Hops> {
  const folder = join(bench.directory, "hops");
  const port = await freePort();
  const vars = {
    // SAFETY: an answer of the shop that was parsed from JSON.
    PAYLOAD: payload as NonNullable<RawConfig["vars"]>[string],
    STRIPE: await startStandIn(bench, port),
    STRIPE_KEY: SECRETS["STRIPE_SECRET_KEY"]?.local ?? "",
    WEBHOOK_SECRET: SECRETS["STRIPE_WEBHOOK_SECRET"]?.local ?? "",
  };
  const [front, ...others] = WORKERS.toReversed().map((worker) => configOf(worker, vars));
  if (!front) throw new Error("the shop has no Workers");
  const breakerPort = await freePort();
  const workers = await bundleBare(folder, [front, ...others]);
  const running = await startRuntime(bench, "hops", {
    workers,
    storage: join(folder, "state"),
    port,
    breaker_port: breakerPort,
  });
  const { ok } = await fetch(`${running.address}/projection`, { method: "POST" });
  if (!ok) throw new Error("the read model of the hops could not be made");
  return {
    origin: running.address,
    orders: () => new RoundOfOrders(new AdminClient(running.address, "")),
    forget: () => abortObjects(breakerPort),
  };
}

/** For each of the shop's Workers one that consumes the same queues in the same batches. The storefront's has the door, and that of payments is behind it. */
function configOf(worker: WorkerEntry, vars: NonNullable<RawConfig["vars"]>): BareConfig {
  const { name, script } = worker;
  const isObjects = name === "objects";
  const objects = CLASSES.map((className) => ({ name: className.toUpperCase(), class_name: className }));
  const exported = CLASSES.map((className) => [className, SQLITE_OBJECT] as const);
  const consumed = readConfig(worker).queues?.consumers ?? [];
  return {
    name: bareName(script),
    main: join(ROOT, "bench/yardstick/hops/worker.ts"),
    compatibility_date: compatibilityDate(),
    vars,
    ...(isObjects && { exports: Object.fromEntries(exported) }),
    durable_objects: {
      bindings: isObjects ? objects : objects.map((object) => ({ ...object, script_name: bareName(OBJECTS) })),
    },
    d1_databases: [{ binding: "DB", database_name: "hops", database_id: "hops" }],
    services: name === "storefront" ? [{ binding: "PAYMENTS", service: bareName(PAYMENTS) }] : [],
    queues: {
      producers: QUEUES.map((queue) => ({ binding: `${queue.toUpperCase()}_QUEUE`, queue })),
      // Nothing ends in a dead-letter queue here: what fails ends the run.
      consumers: consumed
        .map(({ dead_letter_queue: _dead, ...consumer }) => ({ ...consumer, queue: shopQueue(consumer.queue) }))
        .filter(({ queue }) => QUEUES.some((own) => own === queue)),
    },
  };
}

const bareName = (script: string): string => `${script}-hops`;
const scriptOf = (wanted: WorkerEntry["name"]): string => WORKERS.find(({ name }) => name === wanted)?.script ?? "";
const OBJECTS = scriptOf("objects");
const PAYMENTS = scriptOf("payments");
