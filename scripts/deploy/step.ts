import type { CommandResult } from "../wrangler.ts";

/** Runs one wrangler command. The tests pass a scripted one. */
export type Run = (args: readonly string[]) => Promise<CommandResult>;

const OUTPUT_LINES = 25;

/** A step of the deployment that did not work: what it was, what came back, and what a person can do about it. */
export class StepFailure extends Error {
  constructor(step: string, remedy: string, result?: CommandResult) {
    const output = result
      ? `${result.stdout}\n${result.stderr}`.trim().split("\n").slice(-OUTPUT_LINES).join("\n")
      : "";
    super(`${step} failed.\n${output === "" ? "" : `\n${indent(output)}\n`}\n${remedy}`);
  }
}

const indent = (text: string): string => text.replaceAll(/^/gm, "  | ");

/** Runs a command that must work. */
export async function must(run: Run, args: readonly string[], step: string, remedy: string): Promise<CommandResult> {
  const result = await run(args);
  if (result.code !== 0) throw new StepFailure(step, remedy, result);
  return result;
}
