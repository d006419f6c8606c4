import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import { WORKERS } from "../../scripts/workers.ts";
import { scriptTime } from "../profile.ts";
import { runLoad } from "../load.ts";
import { type Bench, freePort } from "../runtime/bench.ts";
import { startProfile } from "../runtime/inspector.ts";
import { OutsideQueues } from "../runtime/queues/outside.ts";
import { type Shop, startShop } from "../runtime/shop.ts";
import type { Study, StudyContext } from "./list.ts";
import { purchases } from "./purchase.ts";

const PURCHASES = { usual: 300, smoke: 10 } as const;
/** What is told a moment later (levels, adds, the read model) is told by then. */
const STILL_MS = 3_000;
const PLACES = 2;

const countsSchema = z.record(z.string(), z.int());

/** What one purchase is made of: CPU time, whose it is, and what was called for it. For whoever wants to make it faster. */
export const purchaseParts: Study = {
  name: "purchase-parts",
  group: "purchase",
  title: "what one purchase is made of, until it is paid, counted and in the read model",
  run: async (context) => {
    const { field, smoke } = context;
    const count = smoke ? PURCHASES.smoke : PURCHASES.usual;
    const cpuMs = await cpuOf(field.shop, count);
    const script = await lookInside(context, count);
    const counted = await countCalls(context, count);
    const scriptMs = script.reduce((sum, { ms }) => sum + ms, 0);
    const line = (what: string, value: number): string => `    ${what.padEnd(44)}${value.toFixed(PLACES).padStart(8)}`;
    return {
      data: { purchases: count, cpuMs, script, ...counted },
      lines: [
        `CPU of the whole runtime ${cpuMs.toFixed(1)} ms a purchase. In the scripts of the shop, with what they call of SQLite and V8 (the profiler's own time included):`,
        ...script.map(({ worker, ms }) => line(worker, ms)),
        line("of all Workers", scriptMs),
        "calls and alarms of objects, and requests between Workers, a purchase:",
        ...counted.calls.map(([what, value]) => line(what, value)),
        "messages a purchase, and in how many batches they were taken:",
        ...counted.queues.map(
          ([queue, { messages, batches }]) => `${line(queue, messages)}  in ${batches.toFixed(PLACES)}`,
        ),
      ],
      warnings: [],
    };
  },
};

/** So many purchases, until the last of them is settled. The first few are not counted: code that has not run yet is slow. */
async function buy(shop: Shop, count: number): Promise<void> {
  const side = purchases(shop);
  await side.prepare(count);
  let left = count;
  const next: typeof side.next = () => (left-- > 0 ? side.next() : undefined);
  await runLoad({ ...side, next, seconds: Infinity });
  await side.settle?.();
}

async function cpuOf(shop: Shop, count: number): Promise<number> {
  await buy(shop, count);
  const before = shop.runtime.cpuMs();
  await buy(shop, count);
  return (shop.runtime.cpuMs() - before) / count;
}

/** On a shop of its own, because an open inspector costs something. In ms a purchase. */
async function lookInside({ bench, progress, profiles: folder }: StudyContext, count: number) {
  progress("Starting a shop with an inspector ...");
  const inspectorPort = await freePort();
  const shop = await startShop(roomIn(bench, "inspected"), { inspectorPort });
  await buy(shop, count);
  const found: { readonly worker: string; readonly ms: number }[] = [];
  for (const { name: worker, script } of WORKERS) {
    const taken = await startProfile(inspectorPort, script);
    await buy(shop, count);
    const profile = await taken.stop();
    if (folder !== undefined) keep(folder, worker, profile);
    found.push({ worker, ms: scriptTime(profile).ms / count });
  }
  return found.toSorted((a, b) => b.ms - a.ms);
}

/** On a shop of its own, with queues in this process and a tail Worker that sees every invocation. */
async function countCalls({ bench, progress }: StudyContext, count: number) {
  const queues = await OutsideQueues.open({ concurrency: 1 });
  try {
    progress("Starting a shop whose calls and messages are counted ...");
    const meterPort = await freePort();
    const shop = await startShop(roomIn(bench, "counted"), { queues, meterPort });
    const look = async () => {
      await setTimeout(STILL_MS);
      const calls = countsSchema.parse(await (await fetch(`http://127.0.0.1:${meterPort}/`)).json());
      return { calls, uses: queues.names.map((name) => ({ name, ...queues.use(name) })) };
    };
    await buy(shop, count);
    const before = await look();
    await buy(shop, count);
    const after = await look();
    const calls = Object.entries(after.calls)
      .map(([key, value]) => [key.replace(/^durableObject /, ""), (value - (before.calls[key] ?? 0)) / count] as const)
      .filter(([, value]) => value >= 0.01)
      .toSorted(([, a], [, b]) => b - a);
    const used = after.uses.map(({ name, messages, batches }, at) => {
      const since = before.uses[at] ?? { messages: 0, batches: 0 };
      return [
        name,
        { messages: (messages - since.messages) / count, batches: (batches - since.batches) / count },
      ] as const;
    });
    return { calls, queues: used.filter(([, { messages }]) => messages > 0) };
  } finally {
    await queues.close();
  }
}

function roomIn(bench: Bench, name: string): Bench {
  const directory = join(bench.directory, name);
  mkdirSync(directory);
  return { ...bench, directory };
}

function keep(folder: string, worker: string, profile: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${worker}.cpuprofile`), profile);
}
