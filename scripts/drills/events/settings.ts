import { parseArgs } from "node:util";
import type { Settings as BenchSettings } from "../../../bench/settings.ts";

export interface Settings {
  /** Events to send, or kills to survive. */
  readonly count: number;
  readonly seed: number;
  readonly json: boolean;
  readonly place: BenchSettings["place"];
}

export const EVENTS = { option: "events", usual: 1_000_000, max: 100_000_000 } as const;
export const KILLS = { option: "kills", usual: 50, max: 10_000 } as const;
const SEED_MAX = 2 ** 31;

export const usageOf = ({ option }: typeof EVENTS | typeof KILLS): string =>
  `[--${option} N] [--seed N] [--json] [--disk | --tmpfs]`;

/** Throws with a sentence for a person. */
export function readSettings(args: readonly string[], { option, usual, max }: typeof EVENTS | typeof KILLS): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      [option]: { type: "string", default: String(usual) },
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      disk: { type: "boolean", default: false },
      tmpfs: { type: "boolean", default: false },
    },
  });
  if (values["disk"] && values["tmpfs"]) throw new Error("the state is on --disk or on --tmpfs, not on both");
  return {
    count: whole(`--${option}`, values[option], max),
    seed: whole("--seed", values["seed"], SEED_MAX),
    json: values["json"],
    place: values["disk"] ? "disk" : values["tmpfs"] ? "tmpfs" : "default",
  };
}

function whole(name: string, text: unknown, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new Error(`${name} is "${String(text)}", not a whole number from 1 to ${max}`);
}
