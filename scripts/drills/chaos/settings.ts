import { parseArgs } from "node:util";
import type { Settings as BenchSettings } from "../../../bench/settings.ts";

export interface Settings {
  readonly orders: number;
  /** Of the stories, of the strikes and of the provider's faults. What then meets what is up to the machine. */
  readonly seed: number;
  readonly place: BenchSettings["place"];
}

const ORDERS = { usual: 500, max: 10_000 };
const SEED_MAX = 4_294_967_295;

export const USAGE = `[--orders N] [--seed N] [--disk | --tmpfs]`;

/** Throws with a sentence for a person. Without `--seed` the seed is `fresh`. */
export function readSettings(args: readonly string[], fresh: number): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      orders: { type: "string", default: String(ORDERS.usual) },
      seed: { type: "string", default: String(fresh) },
      disk: { type: "boolean", default: false },
      tmpfs: { type: "boolean", default: false },
    },
  });
  if (values.disk && values.tmpfs) throw new Error("the state is on --disk or on --tmpfs, not on both");
  return {
    orders: whole("--orders", values.orders, 1, ORDERS.max),
    seed: whole("--seed", values.seed, 0, SEED_MAX),
    place: values.disk ? "disk" : values.tmpfs ? "tmpfs" : "default",
  };
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new Error(`${name} is "${text}", not a whole number from ${min} to ${max}`);
}
