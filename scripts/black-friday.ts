import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describeMachine } from "../bench/machine.ts";
import { findPlace } from "../bench/settings.ts";
import { renderPage } from "./black-friday/page.ts";
import { Progress } from "./black-friday/progress.ts";
import { render, reportOf } from "./black-friday/report.ts";
import { playDay } from "./black-friday/run.ts";
import { readSettings, type Settings, stateBytes, USAGE } from "./black-friday/settings.ts";
import { joinVenue, openVenue, type Venue } from "./black-friday/venue.ts";
import { Stage } from "./drills/stage.ts";

/**
 * `npm run blackfriday [-- options]`: plays the busiest day of the year, compressed, and then opens the books. Ends with 1 when something was lost,
 * charged twice or sold that did not exist, and never because a machine was slow.
 */
const EXIT_WRONG = 1;
const EXIT_INTERRUPTED = 130;
const SEEDS = 2 ** 32;
const stage = new Stage();
const notes = mkdtempSync(join(tmpdir(), "breakwater-black-friday-"));
let stopping = false;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop(EXIT_INTERRUPTED));

try {
  const settings = readSettings(process.argv.slice(2), randomInt(SEEDS));
  await stop((await holdDay(settings)) ? 0 : EXIT_WRONG);
} catch (error) {
  // When everything is being stopped, what fails is only that it was stopped.
  if (!stopping) {
    console.error(`${stage.lastLines()}\n\n${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    await stop(EXIT_WRONG);
  }
}

async function holdDay(settings: Settings): Promise<boolean> {
  const { orders, seconds, seed } = settings;
  const machine = describeMachine();
  const progress = new Progress({ stream: process.stderr, dayMs: seconds * 1_000, orders });
  const beganAt = Date.now();
  const { venue, state } = await findVenue(settings, progress);
  progress.say(
    `${orders.toLocaleString("en-US")} orders in ${Math.round(seconds)} s (seed ${seed}) at ${venue.origin}`,
  );
  const findings = await playDay(venue, settings, notes, progress);
  const tookMs = Date.now() - beganAt;
  const report = reportOf({ machine, state, settings, tookMs }, findings);
  const html = resolve(settings.html);
  writeFileSync(html, renderPage(report));
  console.log(settings.json ? JSON.stringify(report, null, 2) : render(report, findings.finding));
  progress.say(`Report: ${html}`);
  return report.wrong.length === 0;
}

async function findVenue(settings: Settings, progress: Progress): Promise<{ venue: Venue; state: string }> {
  const { url } = settings;
  // A shop that runs already has its state somewhere.
  if (url !== undefined) return { venue: await joinVenue(url), state: url };
  const place = findPlace(settings.place, stateBytes(settings));
  progress.say("Bundling the Workers and starting a shop ...");
  return { venue: await openVenue(stage.open(place), settings), state: place.kind };
}

async function stop(exitCode: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  await stage.close();
  rmSync(notes, { recursive: true, force: true });
  process.exit(exitCode);
}
