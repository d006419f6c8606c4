import { describeMachine } from "../../../bench/machine.ts";
import { findPlace } from "../../../bench/settings.ts";
import { renderTable } from "../../audit/report.ts";
import type { Drill } from "../list.ts";
import { progress } from "../stage.ts";
import { type Accounts, wrongsOf } from "./accounts.ts";
import { exercise, type Findings, startChaosShop } from "./run.ts";
import { readSettings, USAGE } from "./settings.ts";

const SEEDS = 1_000_000;
const LABEL_CHARS = 34;

/** Everything breaks while people buy: the payment provider, the objects, the whole runtime. Afterwards the books have to agree. */
export const chaos: Drill = {
  name: "chaos",
  usage: USAGE,
  run: async (args, stage) => {
    const settings = readSettings(args, Math.floor(Math.random() * SEEDS));
    const { orders, seed } = settings;
    const { cores, cpu, memoryGiB, loadBefore } = describeMachine();
    const place = findPlace(settings.place);
    progress("Bundling the Workers and starting a shop ...");
    const shop = await startChaosShop(stage.open(place));
    const findings = await exercise(shop, { orders, seed, progress });
    const wrong = wrongsOf(findings.accounts);
    const head = `${cores} x ${cpu}, ${memoryGiB} GiB, load ${loadBefore.toFixed(2)}, state on ${place.kind}, seed ${seed}`;
    return {
      text: [head, "", ...render(findings), ...wrong.map((one) => `! ${one}`)].join("\n"),
      holds: wrong.length === 0,
    };
  },
};

function render({ seconds, strikes, faults, repeats, soldOut, accounts, finding }: Findings): string[] {
  const row = (label: string, value: string | number): string => `${label.padEnd(LABEL_CHARS)}${value}`;
  const [timeouts = 0, errors = 0] = faults;
  const { accepted, charges, lost, untold, doubled, givenUp, deadLetters, balanced }: Accounts = accounts;
  return [
    row("orders accepted", `${accepted}, ${soldOut} refused for want of stock`),
    row("took", `${seconds.toFixed(1)} s, ${repeats} requests asked for again`),
    row("all objects aborted", `${strikes.abort} times`),
    row("runtime killed and started again", `${strikes.kill} times`),
    row("calls that timed out after the effect", timeouts),
    row("calls that failed before it", errors),
    row("charges", charges),
    row("ended unpaid after three tries", givenUp),
    row("lost", lost.length),
    row("made, and nobody was told", untold.length),
    row("doubled", doubled.length),
    row("dead letters", deadLetters),
    row("audit", balanced ? "balanced" : "NOT BALANCED"),
    ...lost.map((one) => `  ${one}`),
    ...(balanced ? [] : ["", renderTable(finding.verdict, finding.snapshot, finding.moving)]),
  ];
}
