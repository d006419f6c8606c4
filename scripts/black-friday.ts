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
import { readSettings, type Settings, USAGE } from "./black-friday/settings.ts";
import { joinVenue, openVenue } from "./black-friday/venue.ts";
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
  const { orders, seconds, seed, url } = settings;
  const machine = describeMachine();
  const place = findPlace(settings.place);
  const progress = new Progress({ stream: process.stderr, dayMs: seconds * 1_000, orders });
  const beganAt = Date.now();
  if (url === undefined) progress.say("Bundling the Workers and starting a shop ...");
  const venue = url === undefined ? await openVenue(stage.open(place), settings) : await joinVenue(url);
  progress.say(
    `${orders.toLocaleString("en-US")} orders in ${Math.round(seconds)} s (seed ${seed}) at ${venue.origin}`,
  );
  const findings = await playDay(venue, settings, notes, progress);
  const tookMs = Date.now() - beganAt;
  const report = reportOf({ machine, place, settings, tookMs }, findings);
  const html = resolve(settings.html);
  writeFileSync(html, renderPage(report));
  console.log(settings.json ? JSON.stringify(report, null, 2) : render(report, findings.finding));
  progress.say(`Report: ${html}`);
  return report.wrong.length === 0;
}

async function stop(exitCode: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  await stage.close();
  rmSync(notes, { recursive: true, force: true });
  process.exit(exitCode);
}
