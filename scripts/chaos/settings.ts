import { parseArgs } from "node:util";
import type { Settings as BenchSettings } from "../../bench/settings.ts";

export interface Settings {
  /** The scenarios to go through; empty means all. */
  readonly names: readonly string[];
  /** Of the shoppers, the events and the queues' unkindness. What a fault then meets is up to the machine. */
  readonly seed: number;
  readonly json: boolean;
  readonly place: BenchSettings["place"];
}

const SEED_MAX = 4_294_967_295;

export const USAGE = "npm run --silent chaos -- [name ...] [--seed N] [--json] [--disk | --tmpfs]";

/** Throws with a sentence for a person. Without `--seed` the seed is `fresh`. */
export function readSettings(args: readonly string[], known: readonly string[], fresh: number): Settings {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seed: { type: "string", default: String(fresh) },
      json: { type: "boolean", default: false },
      disk: { type: "boolean", default: false },
      tmpfs: { type: "boolean", default: false },
    },
  });
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`no scenario ${unknown.join(", ")}; there are ${known.join(", ")}`);
  if (values.disk && values.tmpfs) throw new Error("the state is on --disk or on --tmpfs, not on both");
  const seed = Number(values.seed);
  if (!/^\d+$/.test(values.seed) || seed > SEED_MAX) {
    throw new Error(`--seed is "${values.seed}", not a whole number up to ${SEED_MAX}`);
  }
  const place = values.disk ? "disk" : values.tmpfs ? "tmpfs" : "default";
  return { names: positionals, seed, json: values.json, place };
}
