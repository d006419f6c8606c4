import { parseArgs } from "node:util";
import type { Settings as BenchSettings } from "../../../bench/settings.ts";

export interface Settings {
  /** Requests per second of the shoppers who are inside when the path fails. */
  readonly rate: number;
  readonly json: boolean;
  readonly place: BenchSettings["place"];
}

const RATE = { usual: 20, max: 200 };

export const USAGE = "[--rate REQUESTS_PER_S] [--json] [--disk | --tmpfs]";

/** Throws with a sentence for a person. */
export function readSettings(args: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rate: { type: "string", default: String(RATE.usual) },
      json: { type: "boolean", default: false },
      disk: { type: "boolean", default: false },
      tmpfs: { type: "boolean", default: false },
    },
  });
  if (values.disk && values.tmpfs) throw new Error("the state is on --disk or on --tmpfs, not on both");
  const rate = Number(values.rate);
  if (!(Number.isInteger(rate) && rate >= 3 && rate <= RATE.max)) {
    throw new Error(`--rate is "${values.rate}", not a whole number from 3 to ${RATE.max}`);
  }
  return { rate, json: values.json, place: values.disk ? "disk" : values.tmpfs ? "tmpfs" : "default" };
}
