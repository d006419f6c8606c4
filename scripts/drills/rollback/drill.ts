import { findPlace } from "../../../bench/settings.ts";
import type { Drill } from "../list.ts";
import { startGuardedShop } from "../rollout/monolith.ts";
import { progress } from "../stage.ts";
import { render, wrongsOf } from "./report.ts";
import { exercise } from "./run.ts";
import { readSettings, USAGE } from "./settings.ts";

/** A new write path climbs on evidence, breaks at 50 %, and is taken back, while everybody goes on shopping. */
export const rollback: Drill = {
  name: "rollback",
  usage: USAGE,
  run: async (args, stage) => {
    const { rate, json, place } = readSettings(args);
    progress("Bundling the Workers and starting a shop in front of a monolith ...");
    const shop = await startGuardedShop(stage.open(findPlace(place)));
    const findings = await exercise(shop, { rate, progress });
    const wrong = wrongsOf(findings);
    const { finding: _finding, ...figures } = findings;
    const text = json ? JSON.stringify({ ...figures, wrong }, null, 2) : render(findings, wrong);
    return { text, holds: wrong.length === 0 };
  },
};
