import { describeMachine } from "../bench/machine.ts";
import { findPlace } from "../bench/settings.ts";
import { headOf, renderOutcome, renderTable } from "./chaos/report.ts";
import { type Outcome, play } from "./chaos/run.ts";
import { SCENARIOS } from "./chaos/scenarios/list.ts";
import { readSettings, USAGE } from "./chaos/settings.ts";
import { World } from "./chaos/world.ts";
import { progress, Stage } from "./drills/stage.ts";

/**
 * `npm run chaos -- [name ...]`: breaks one thing after the other in a shop under load, and says what the shop decided, what shoppers saw, and whether all
 * books agree afterwards. Ends with 1 when something was wrong, and never because a machine was slow; what is promised in seconds is the exception.
 */
const EXIT_WRONG = 1;
const EXIT_INTERRUPTED = 130;
const SEEDS = 1_000_000;
const stage = new Stage();
const worlds = new Map<boolean, World>();
let stopping = false;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop(EXIT_INTERRUPTED));

try {
  const names = SCENARIOS.map(({ name }) => name);
  const {
    names: wanted,
    seed,
    json,
    place: where,
  } = readSettings(process.argv.slice(2), names, Math.floor(Math.random() * SEEDS));
  const [place, machine] = [findPlace(where), describeMachine()];
  const outcomes: Outcome[] = [];
  for (const scenario of SCENARIOS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    const { guarded = false } = scenario;
    let world = worlds.get(guarded);
    if (!world) {
      progress(`Bundling the Workers and starting a shop${guarded ? " in front of a monolith" : ""} ...`);
      world = await World.open(stage.open(place), { seed, guarded });
      worlds.set(guarded, world);
    }
    progress(`${scenario.name}: ${scenario.fault} ...`);
    const outcome = await play(world, scenario, { seed, progress });
    await world.shop.runtime.kill();
    outcomes.push(outcome);
    progress(`${renderOutcome(outcome)}\n`);
  }
  const head = headOf(machine, place.kind, seed);
  console.log(
    json
      ? JSON.stringify({ machine, state: place.kind, seed, outcomes }, null, 2)
      : `${head}\n\n${renderTable(outcomes)}`,
  );
  await stop(outcomes.every(({ wrong }) => wrong.length === 0) ? 0 : EXIT_WRONG);
} catch (error) {
  // When everything is being stopped, what fails is only that it was stopped.
  if (!stopping) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    console.error(`${stage.lastLines()}\n\n${why}\n\n${USAGE}`);
    await stop(EXIT_WRONG);
  }
}

async function stop(exitCode: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  for (const world of worlds.values()) await world.close();
  await stage.close();
  process.exit(exitCode);
}
