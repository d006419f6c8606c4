import { parseArgs } from "node:util";
import type { Settings as BenchSettings } from "../../../bench/settings.ts";

export interface Settings {
  readonly orders: number;
  /** Calls per second that the throttle hands out, and above which the stand-in answers 429. */
  readonly limit: number;
  readonly json: boolean;
  readonly place: BenchSettings["place"];
}

const ORDERS = { usual: 2_000, max: 100_000 };
const LIMIT = { usual: 200, max: 1_000 };

export const USAGE = `[--orders N] [--limit CALLS_PER_S] [--json] [--disk | --tmpfs]`;

/** Throws with a sentence for a person. */
export function readSettings(args: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      orders: { type: "string", default: String(ORDERS.usual) },
      limit: { type: "string", default: String(LIMIT.usual) },
      json: { type: "boolean", default: false },
      disk: { type: "boolean", default: false },
      tmpfs: { type: "boolean", default: false },
    },
  });
  if (values.disk && values.tmpfs) throw new Error("the state is on --disk or on --tmpfs, not on both");
  return {
    orders: whole("--orders", values.orders, ORDERS.max),
    limit: whole("--limit", values.limit, LIMIT.max),
    json: values.json,
    place: values.disk ? "disk" : values.tmpfs ? "tmpfs" : "default",
  };
}

function whole(name: string, text: string, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new Error(`${name} is "${text}", not a whole number from 1 to ${max}`);
}
