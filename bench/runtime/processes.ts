import { type Child, startChild } from "../../scripts/start/child.ts";
import { quietEnvironment } from "../../scripts/wrangler.ts";

const KEPT_LINES = 40;
const START_TIMEOUT_MS = 60_000;

export interface Program {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** What begins the line that says where it listens. */
  readonly ready: string;
}

/** A program that is ready. */
export interface Running {
  /** Where it listens, as it said. */
  readonly address: string;
  readonly pid: number;
  /** SIGKILL to it and everything that it started. */
  kill(): Promise<void>;
}

/** The processes of a run. Each is on a leash: they end with this one, however it ends. */
export class Processes {
  readonly #children: Child[] = [];
  readonly #lines: string[] = [];

  /** Starts a program and waits until it has said where it listens. */
  async start({ name, args, env = {}, ready }: Program): Promise<Running> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const onLine = (line: string): void => {
      if (line.startsWith(ready)) resolve(line.slice(ready.length).trim());
      this.#keep(`${name}: ${line}`);
    };
    const child = startChild({ name, args, env: { ...quietEnvironment(), ...env }, onLine });
    this.#children.push(child);
    void child.ended.then((how) => reject(new Error(`${name} ${how}`)));
    const timer = setTimeout(() => reject(new Error(`${name} did not become ready`)), START_TIMEOUT_MS);
    try {
      return { address: await promise, pid: child.pid, kill: () => child.kill() };
    } finally {
      clearTimeout(timer);
    }
  }

  /** What they said last, for when something failed. */
  lastLines(): string {
    return this.#lines.join("\n");
  }

  /** In reverse, so that none sees what it depends on vanish. */
  async stop(): Promise<void> {
    for (const child of this.#children.splice(0).toReversed()) await child.stop();
  }

  #keep(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
  }
}
