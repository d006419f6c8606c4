import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BENCHMARKS, type Field, NAMES, selects, SUSTAINED } from "./benchmarks/list.ts";
import { OBJECTS } from "./benchmarks/sides.ts";
import { checkBooks } from "./books.ts";
import { hold, ROUNDS } from "./contest.ts";
import { describeCommit, describeMachine } from "./machine.ts";
import { type NamedFindings, type NamedResult, render, reportOf } from "./report.ts";
import { keep } from "./results.ts";
import { type Bench, freePort } from "./runtime/bench.ts";
import { fillCarts, sampleCart } from "./runtime/carts.ts";
import { startHops } from "./runtime/hops.ts";
import { Processes } from "./runtime/processes.ts";
import { startShop } from "./runtime/shop.ts";
import { startYardstick } from "./runtime/yardstick.ts";
import { findPlace, type Place, readSettings, type Settings, USAGE } from "./settings.ts";

/** Enough to take turns, when it is not asked how fast. */
const CARTS_SMOKE = 20;

/**
 * Runs the benchmarks. This process is the load generator and does nothing else while something is measured: the shop, the yardstick
 * and the stand-in for Stripe are processes of their own.
 */
const processes = new Processes();
let directory: string | undefined;
let stopping = false;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop(130));

try {
  const settings = readSettings(process.argv.slice(2), NAMES);
  await run(settings, findPlace(settings.place));
  await stop(0);
} catch (error) {
  // When everything is being stopped, what fails is only that it was stopped.
  if (!stopping) {
    console.error(`${processes.lastLines()}\n\n${messageOf(error)}\n\n${USAGE}`);
    await stop(1);
  }
}

async function run(settings: Settings, place: Place): Promise<void> {
  const { names, smoke, seconds, out, profiles } = settings;
  const rounds = smoke ? 1 : ROUNDS;
  const described = { at: new Date(), commit: describeCommit(), machine: describeMachine(), place, settings, rounds };
  directory = mkdtempSync(join(place.folder, "breakwater-bench-"));
  const bench = { directory, processes };
  const field = await prepare(bench, smoke ? CARTS_SMOKE : OBJECTS);
  const results: NamedResult[] = [];
  const studies: NamedFindings[] = [];
  const sustained = (): number | undefined => results.find(({ name }) => name === SUSTAINED)?.subject.perSecond.median;
  const failures: string[] = [];
  for (const benchmark of BENCHMARKS) {
    if (!selects(names, benchmark)) continue;
    const { name, title } = benchmark;
    progress(`Measuring ${name} ...`);
    try {
      if ("contest" in benchmark) {
        const secondsPerRound = seconds * (smoke ? 1 : (benchmark.stretch ?? 1));
        const held = await hold(benchmark.contest(field), { seconds: secondsPerRound, rounds });
        results.push({ name, title, secondsPerRound, ...held });
      } else {
        studies.push({ name, title, ...(await benchmark.run({ bench, field, sustained, progress, smoke, profiles })) });
      }
    } catch (error) {
      // The others can still be measured, and what they say may be why.
      failures.push(`${name}: ${messageOf(error)}`);
      progress(`  failed: ${messageOf(error)}`);
    }
  }
  if (smoke) await checkBooks(field.shop);
  const report = reportOf(described, results, studies);
  if (out !== undefined) progress(`Kept as ${keep(report, out)}`);
  console.log(settings.json ? JSON.stringify(report, null, 2) : render(report));
  if (failures.length > 0) throw new Error(failures.join("\n"));
}

async function prepare(bench: Bench, count: number): Promise<Field> {
  progress("Bundling the Workers and starting a shop ...");
  const probes = { shop: await freePort(), yardstick: await freePort() };
  const shop = await startShop(bench, { probePort: probes.shop, breakable: true });
  const carts = await fillCarts(shop, count);
  const payload = await sampleCart(shop, carts[0] ?? "");
  const yardstick = await startYardstick(bench, payload, probes.yardstick);
  const hops = await startHops(bench, payload);
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  return { shop, carts, yardstick, hops, probes: { shop: at(probes.shop), yardstick: at(probes.yardstick) } };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Not on standard output, which is the report's. */
function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function stop(exitCode: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  await processes.stop();
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  process.exit(exitCode);
}
