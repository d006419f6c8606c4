import { readdirSync, readFileSync } from "node:fs";

/** Ticks of /proc are of 1/100 s on every Linux that Node runs on. */
const MS_PER_TICK = 10;
const STAT = { parent: 1, user: 11, system: 12 };
const RSS_KIB = /^VmRSS:\s+(\d+) kB$/m;
const OPEN_FILES = /^Max open files\s+(\d+)/m;
const KIB = 1_024;

/** CPU time of the workerd that the process `pid` started, in ms; `NaN` where there is no /proc. */
export const runtimeCpuMs = (pid: number): number =>
  sum(runtimesOf(pid), ({ fields }) => (ticks(fields, STAT.user) + ticks(fields, STAT.system)) * MS_PER_TICK);

/** Memory of it that is in RAM, in bytes; `NaN` where there is no /proc. */
export const runtimeRssBytes = (pid: number): number =>
  sum(runtimesOf(pid), ({ id }) => Number(RSS_KIB.exec(read(`/proc/${id}/status`))?.[1]) * KIB);

/**
 * How many files a process that this one starts may have open: as many as this one, whose limit Node has raised as far as it may. Infinite where
 * there is no /proc or no limit.
 */
export const openFilesMax = (): number =>
  Number(OPEN_FILES.exec(read("/proc/self/limits"))?.[1] ?? Number.POSITIVE_INFINITY);

interface Runtime {
  readonly id: string;
  readonly fields: readonly string[];
}

/** Fields after the command's name, which may hold spaces and brackets: proc(5). */
function runtimesOf(pid: number): Runtime[] {
  return pids().flatMap((id) => {
    const stat = read(`/proc/${id}/stat`);
    const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return name === "workerd" && Number(fields[STAT.parent]) === pid ? [{ id, fields }] : [];
  });
}

const sum = (runtimes: readonly Runtime[], of: (runtime: Runtime) => number): number =>
  runtimes.length === 0 ? Number.NaN : runtimes.reduce((total, runtime) => total + of(runtime), 0);
const ticks = (fields: readonly string[], field: number): number => Number(fields[field]);
const pids = (): string[] => list("/proc").filter((name) => /^\d+$/.test(name));

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    // Not Linux.
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // It has ended meanwhile.
    return "";
  }
}
