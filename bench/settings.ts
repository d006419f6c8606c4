import { existsSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";

export interface Settings {
  /** The benchmarks to run; empty means all. */
  readonly names: readonly string[];
  readonly json: boolean;
  /** The name under `bench/results` by which the report is kept. */
  readonly out?: string;
  /** Whether all is well, and not how fast it is. */
  readonly smoke: boolean;
  /** How long each side of a benchmark is measured in each round. */
  readonly seconds: number;
  readonly place: "default" | "disk" | "tmpfs";
  /** A folder for the CPU profiles of `purchase-parts`. */
  readonly profiles?: string;
}

export interface Place {
  readonly folder: string;
  readonly kind: "disk" | "tmpfs";
}

const SECONDS_DEFAULT = 2;
const SECONDS_SMOKE = 0.2;
const SECONDS_MAX = 60;
const SHARED_MEMORY = "/dev/shm";
const GIB = 2 ** 30;
/** `f_type` of a tmpfs (linux/magic.h). */
const TMPFS_MAGIC = 0x01_02_19_94;

export const USAGE =
  "npm run --silent bench [name ...] [-- --json] [--seconds N] [--disk | --tmpfs] [--out NAME] [--profiles FOLDER] [--smoke]";
/** A file's name, and no path. */
const OUT = /^[a-z0-9][a-z0-9.-]*$/;

/** Throws with a sentence for a person. */
export function readSettings(args: readonly string[], known: readonly string[]): Settings {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      seconds: { type: "string" },
      out: { type: "string" },
      profiles: { type: "string" },
      smoke: { type: "boolean", default: false },
      disk: { type: "boolean", default: false },
      tmpfs: { type: "boolean", default: false },
    },
  });
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`no benchmark ${unknown.join(", ")}; there are ${known.join(", ")}`);
  const { smoke, out, profiles } = values;
  const seconds = Number(values.seconds ?? (smoke ? SECONDS_SMOKE : SECONDS_DEFAULT));
  if (!(seconds > 0 && seconds <= SECONDS_MAX)) {
    throw new Error(`--seconds is "${values.seconds}", not a number above 0 and up to ${SECONDS_MAX}`);
  }
  if (out !== undefined && !OUT.test(out)) throw new Error(`--out is "${out}"; it is a name such as laptop-tmpfs`);
  if (values.disk && values.tmpfs) throw new Error("the state is on --disk or on --tmpfs, not on both");
  const place = values.disk ? "disk" : values.tmpfs ? "tmpfs" : "default";
  const kept = { ...(out !== undefined && { out }), ...(profiles !== undefined && { profiles }) };
  return { names: positionals, json: values.json, seconds, place, smoke, ...kept };
}

/**
 * Where the state goes. Syncing to a disk dominates every write, so a place that is not what was asked for is refused; and so is one that will not hold what is
 * known to come, because a full file system ends a run in the middle, as an error of a database.
 */
export function findPlace(wanted: Settings["place"], neededBytes = 0): Place {
  const folder = wanted === "tmpfs" ? SHARED_MEMORY : tmpdir();
  if (!existsSync(folder)) {
    throw new Error(
      `there is no ${folder} on this system; ${wanted === "tmpfs" ? "take --disk" : "point TMPDIR at a folder"}`,
    );
  }
  const { type, bavail, bsize } = statfsSync(folder);
  const kind = type === TMPFS_MAGIC ? "tmpfs" : "disk";
  if (wanted !== "default" && wanted !== kind) {
    throw new Error(`${folder} is on ${kind}; point TMPDIR at a folder on a disk, or leave --${wanted} out`);
  }
  const freeBytes = bavail * bsize;
  if (freeBytes < neededBytes) throw new Error(tooSmall({ folder, kind }, freeBytes, neededBytes));
  return { folder, kind };
}

function tooSmall({ folder, kind }: Place, freeBytes: number, neededBytes: number): string {
  const gib = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`;
  const larger =
    kind === "tmpfs"
      ? `take --disk, or make it larger: mount -o remount,size=${Math.ceil(neededBytes / GIB)}G ${folder}`
      : "point TMPDIR at a folder with more room";
  return `the state will take about ${gib(neededBytes)}, and ${folder} has ${gib(freeBytes)} left; ${larger}`;
}
