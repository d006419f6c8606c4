import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Call, runLoad, sendAll } from "../load.ts";
import { createCart } from "../runtime/carts.ts";
import { startShop } from "../runtime/shop.ts";
import { startYardstick } from "../runtime/yardstick.ts";
import type { Study, StudyContext } from "./list.ts";
import { purchases } from "./purchase.ts";

const CARTS = 2_000;
const CARTS_SMOKE = 50;
const LOAD_SECONDS = 10;
const LOAD_SECONDS_SMOKE = 0.3;
const SAMPLE_EVERY_MS = 100;
/** Objects sleep after 10 s without a call (https://developers.cloudflare.com/durable-objects/concepts/durable-object-lifecycle/). */
const ASLEEP_MS = 15_000;
const SETTLED_MS = 2_000;
const KIB = 1_024;
const MIB = KIB * KIB;

interface Memory {
  readonly label: string;
  /** All in bytes of RAM. */
  readonly idle: number;
  readonly awake: number;
  readonly peak: number;
  readonly after: number;
  /** What one more object that is awake takes. */
  readonly perObject: number;
}

/**
 * How much memory the runtime takes: idle, with carts awake, under a load of purchases, and once everything sleeps again. On a shop of its own,
 * because what other benchmarks left behind would count as idle. Beside it the yardstick's runtime with as many bare objects.
 */
export const memory: Study = {
  name: "memory",
  title: "RAM of the runtime, beside one with bare objects",
  run: async (context) => {
    const [bare, shop] = [await measureBare(context), await measureShop(context)];
    return { data: [bare, shop], lines: [bare, shop].flatMap(linesOf), warnings: warningsOf(shop) };
  },
};

async function measureShop({ bench, progress, smoke }: StudyContext): Promise<Memory> {
  const directory = folder(bench.directory, "memory-shop");
  progress("Starting a second shop, whose memory is looked at ...");
  const shop = await startShop({ ...bench, directory });
  const side = purchases(shop);
  return measure("the shop: carts, then purchases", smoke, {
    rssBytes: () => shop.runtime.rssBytes(),
    wake: async (objects) => {
      await sendAll(
        shop.origin,
        Array.from({ length: objects }, () => createCart),
        201,
      );
    },
    load: async (seconds) => {
      await side.prepare(0);
      await runLoad({ ...side, seconds });
      await side.settle?.();
    },
    end: () => shop.runtime.kill(),
  });
}

async function measureBare({ bench, field, smoke }: StudyContext): Promise<Memory> {
  const directory = folder(bench.directory, "memory-bare");
  const { origin, rssBytes, kill } = await startYardstick({ ...bench, directory }, {});
  const write = (nth: number): Call => ({ method: "POST", path: `/cells/memory-${nth}` });
  let nth = 0;
  return measure("bare objects, then writes to them", smoke, {
    rssBytes,
    wake: async (objects) => {
      await sendAll(
        origin,
        Array.from({ length: objects }, (_, at) => write(at)),
        200,
      );
    },
    load: async (seconds) => {
      const { length } = field.carts;
      await runLoad({ origin, status: 200, seconds, next: () => write(nth++ % length) });
    },
    end: kill,
  });
}

interface Subject {
  readonly rssBytes: () => number;
  readonly wake: (objects: number) => Promise<void>;
  readonly load: (seconds: number) => Promise<void>;
  readonly end: () => Promise<void>;
}

async function measure(label: string, smoke: boolean, { rssBytes, wake, load, end }: Subject): Promise<Memory> {
  const objects = smoke ? CARTS_SMOKE : CARTS;
  // The first call of each kind compiles its code, which is not an object's.
  await wake(1);
  await setTimeout(smoke ? 0 : SETTLED_MS);
  const idle = rssBytes();
  await wake(objects);
  const awake = rssBytes();
  let peak = awake;
  const sampling = setInterval(() => (peak = Math.max(peak, rssBytes())), SAMPLE_EVERY_MS);
  await load(smoke ? LOAD_SECONDS_SMOKE : LOAD_SECONDS);
  clearInterval(sampling);
  await setTimeout(smoke ? 0 : ASLEEP_MS);
  const after = rssBytes();
  await end();
  return { label, idle, awake, peak, after, perObject: (awake - idle) / objects };
}

function folder(directory: string, name: string): string {
  const path = join(directory, name);
  mkdirSync(path);
  return path;
}

const LABEL_CHARS = 52;
const mib = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;

const linesOf = ({ label, idle, awake, peak, after, perObject }: Memory): string[] => [
  `${label.padEnd(LABEL_CHARS)}idle ${mib(idle)}  objects awake ${mib(awake)}  under load ${mib(peak)}  asleep ${mib(after)}`,
  `${"  one more object that is awake".padEnd(LABEL_CHARS)}${Math.round(perObject / KIB)} KiB`,
];

const warningsOf = ({ idle }: Memory): string[] =>
  Number.isNaN(idle) ? ["There is no /proc here, so memory was not measured."] : [];
