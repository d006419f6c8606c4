import { describeMachine } from "../../../bench/machine.ts";
import { findPlace } from "../../../bench/settings.ts";
import type { Drill } from "../list.ts";
import { progress } from "../stage.ts";
import { render, reportOf } from "./report.ts";
import { exercise, startBacklogShop } from "./run.ts";
import { readSettings, USAGE } from "./settings.ts";

const IDLE_CHECKOUTS = 300;

/**
 * The payment provider is in trouble while orders keep coming, and then comes back: thousands of charges wait, its limit is hard, and new
 * shoppers want to be served as if nothing had happened.
 */
export const backlog: Drill = {
  name: "backlog",
  usage: USAGE,
  run: async (args, stage) => {
    const settings = readSettings(args);
    const place = findPlace(settings.place);
    const machine = describeMachine();
    progress("Bundling the Workers and starting a shop ...");
    const shop = await startBacklogShop(stage.open(place), settings.limit);
    const { orders, limit } = settings;
    const findings = await exercise(shop, { orders, limit, idleCheckouts: IDLE_CHECKOUTS, progress });
    const report = reportOf({ machine, place, settings }, findings);
    const text = settings.json ? JSON.stringify(report, null, 2) : render(report, findings);
    return { text, holds: report.wrong.length === 0 };
  },
};
