import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { ROOT } from "../wrangler.ts";

const LEASH = new URL("leash.ts", import.meta.url).href;
/** How long a process may take to end after SIGTERM before it is killed, in ms. */
const STOP_TIMEOUT_MS = 5_000;

/** A process that ends with us. */
export interface Child {
  readonly name: string;
  /** 0 when it could not be started. */
  readonly pid: number;
  /** Says how it ended; never rejects. */
  readonly ended: Promise<string>;
  /** Ends it and everything that it started. */
  stop(): Promise<void>;
  /** SIGKILL to it and everything that it started, in the middle of whatever they do. Resolves when they are gone. */
  kill(): Promise<void>;
}

export interface ChildOptions {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly onLine: (line: string) => void;
}

/** Starts a Node program in a process group of its own, so that Ctrl-C reaches only us and we end the rest in order. */
export function startChild({ name, args, env, onLine }: ChildOptions): Child {
  const child = spawn(process.execPath, ["--no-warnings", "--import", LEASH, ...args], {
    cwd: ROOT,
    env,
    detached: process.platform !== "win32",
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on("line", onLine);
  }
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`could not be started: ${error.message}`));
    child.once("exit", (code, signal) => resolve(signal ? `ended by ${signal}` : `ended with exit code ${code}`));
  });
  const kill = async (): Promise<void> => {
    killGroup(child);
    await ended;
  };
  return { name, pid: child.pid ?? 0, ended, stop: () => stop(child, ended), kill };
}

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
  const patience = new AbortController();
  await Promise.race([ended, setTimeout(STOP_TIMEOUT_MS, undefined, { signal: patience.signal }).catch(() => {})]);
  patience.abort();
  killGroup(child);
}

/** Whatever is left of the group; also after a clean end, because a crashed parent leaves its children behind. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? child.pid : -child.pid, "SIGKILL");
  } catch {
    // Nothing is left of it, which is what we want.
  }
}
