import { readdirSync, readFileSync } from "node:fs";

/** Ticks of /proc are of 1/100 s on every Linux that Node runs on. */
const MS_PER_TICK = 10;
const STAT = { parent: 1, user: 11, system: 12 };

/**
 * CPU time of the workerd that the process `pid` started, in ms; `NaN` where there is no /proc. Fields after the command's name, which may
 * hold spaces and brackets: proc(5).
 */
export function runtimeCpuMs(pid: number): number {
  const processes = pids().flatMap((id) => {
    const stat = read(`/proc/${id}/stat`);
    const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return name === "workerd" && Number(fields[STAT.parent]) === pid ? [fields] : [];
  });
  if (processes.length === 0) return Number.NaN;
  return (
    processes.reduce((sum, fields) => sum + ticks(fields, STAT.user) + ticks(fields, STAT.system), 0) * MS_PER_TICK
  );
}

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
