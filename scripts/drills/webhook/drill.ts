import { parseArgs } from "node:util";
import { findPlace } from "../../../bench/settings.ts";
import type { Drill } from "../list.ts";
import { startGuardedShop } from "../rollout/monolith.ts";
import { progress } from "../stage.ts";
import { exercise, type Findings } from "./run.ts";

/** Stripe sends another API version overnight: the new handler is taken out of the way, taught, and trusted again. */
export const webhook: Drill = {
  name: "webhook",
  usage: "[--json]",
  run: async (args, stage) => {
    const { values } = parseArgs({ args: [...args], options: { json: { type: "boolean", default: false } } });
    progress("Bundling the Workers and starting a shop in front of a monolith ...");
    const shop = await startGuardedShop(stage.open(findPlace("default")));
    const findings = await exercise(shop, progress);
    const wrong = wrongsOf(findings);
    const { finding: _finding, ...figures } = findings;
    const text = values.json ? JSON.stringify({ ...figures, wrong }, null, 2) : render(findings, wrong);
    return { text, holds: wrong.length === 0 };
  },
};

function wrongsOf(findings: Findings): string[] {
  const { rolledBack, causes, replayed, climbedTo, unpaid, finding, chainIntact } = findings;
  const say = (isWrong: boolean, sentence: string): string[] => (isWrong ? [sentence] : []);
  return [
    ...say(rolledBack.state !== "rolled_back", `the path was not rolled back: it is ${rolledBack.state}`),
    ...say(!causes.some(({ reason }) => reason === "schema_mismatch"), "the cause is not listed"),
    ...say(replayed.understood === 0 || replayed.waiting > 0, `${replayed.waiting} rejected events still wait`),
    ...say(
      climbedTo.state !== "complete" || climbedTo.guard.s > 0,
      `the path is ${climbedTo.state}, S ${climbedTo.guard.s}`,
    ),
    ...say(unpaid.length > 0, `${unpaid.length} orders were paid and the shop does not know, e.g. ${unpaid[0]}`),
    ...say(!finding.verdict.balanced, "the audit does not balance"),
    ...say(!chainIntact, "the decision log's chain is broken"),
  ];
}

function render({ causes, decisions, ...findings }: Findings, wrong: readonly string[]): string {
  const { replayed, orders, unpaid, finding, decidedAfterMs } = findings;
  return [
    `orders paid in the browser                ${orders}`,
    `first unreadable event to the rollback    ${(decidedAfterMs / 1_000).toFixed(1)} s`,
    ...causes.map(
      ({ reason, path, note, count }) =>
        `rejected, by cause                        ${count} x ${reason} at ${path}: ${note}`,
    ),
    `replayed after the fix                    ${replayed.understood} understood, ${replayed.waiting} waiting`,
    `orders whose payment was missed           ${unpaid.length}`,
    `audit                                     ${finding.verdict.balanced ? "balanced" : "NOT BALANCED"}`,
    "",
    "The decision log of payment.webhook:",
    ...decisions.map(({ at, kind, by, share_percent: share, reason }) => {
      return `  ${at}  ${`${kind} by ${by}, ${share.from} -> ${share.to} %`.padEnd(44)} ${reason}`;
    }),
    "",
    ...(wrong.length === 0 ? ["all holds"] : wrong.map((sentence) => `WRONG: ${sentence}`)),
  ].join("\n");
}
