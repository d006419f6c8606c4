import type { CommandResult } from "../wrangler.ts";

/** Runs one wrangler command. The tests pass a scripted one. */
export type Run = (args: readonly string[]) => Promise<CommandResult>;

const OUTPUT_LINES = 25;

/** What wrangler says that has one cause, whichever step it stopped, and what a person does about it. */
const KNOWN_CAUSES: readonly (readonly [RegExp, string])[] = [
  [
    /More than one account available/,
    "This login has several accounts: set CLOUDFLARE_ACCOUNT_ID to the one that the shop is to be in; they are named above.",
  ],
  [
    /code: ?10089\b/,
    "Workers Analytics Engine is off in this account: enable it once, at https://dash.cloudflare.com/?to=/:account/workers/analytics-engine.",
  ],
  [
    /code: ?10063\b|register a workers\.dev subdomain/,
    "The account has no workers.dev subdomain: opening https://dash.cloudflare.com/?to=/:account/workers-and-pages once makes one.",
  ],
];

/** A step of the deployment that did not work: what it was, what came back, and what a person can do about it. */
export class StepFailure extends Error {
  constructor(step: string, remedy: string, result?: CommandResult) {
    const everything = result ? `${result.stdout}\n${result.stderr}`.trim() : "";
    const output = everything.split("\n").slice(-OUTPUT_LINES).join("\n");
    const causes = KNOWN_CAUSES.filter(([pattern]) => pattern.test(everything)).map(([, what]) => what);
    super(`${step} failed.\n${output === "" ? "" : `\n${indent(output)}\n`}\n${[...causes, remedy].join("\n")}`);
  }
}

const indent = (text: string): string => text.replaceAll(/^/gm, "  | ");

/** Runs a command that must work. */
export async function must(run: Run, args: readonly string[], step: string, remedy: string): Promise<CommandResult> {
  const result = await run(args);
  if (result.code !== 0) throw new StepFailure(step, remedy, result);
  return result;
}
