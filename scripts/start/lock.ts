import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "./settings.ts";

const FILE = "running.pid";

/**
 * Takes the state directory for this process, until it ends. Two shops on one state would be two instances of every object, and consume each other's
 * messages. A process that was killed leaves the file behind, so the file only counts while its process lives.
 */
export function takeState({ stateDirectory, port, standInPort }: Settings): void {
  const path = join(stateDirectory, FILE);
  const owner = ownerOf(path);
  if (owner !== undefined) {
    const second = `PORT=${port + 1} STRIPE_STANDIN_PORT=${standInPort + 1} STATE_DIR=.state-${port + 1} npm start`;
    throw new Error(
      `a shop runs on the state in ${stateDirectory} already: process ${owner} (is that no shop, delete ${path}). Stop it, or start a second one beside it: ${second}`,
    );
  }
  writeFileSync(path, String(process.pid));
  process.on("exit", () => rmSync(path, { force: true }));
}

function ownerOf(path: string): number | undefined {
  let pid: number;
  try {
    pid = Number(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
  return Number.isInteger(pid) && pid > 0 && pid !== process.pid && isAlive(pid) ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process may not be signalled, and is there.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
