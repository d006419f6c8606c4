import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { ROOT } from "../../scripts/wrangler.ts";
import { ShopClient } from "./client.ts";

const READY_MS = 120_000;

/** The shop as a user runs it, `npm start`'s own program, on its own ports and state. */
export interface ShopProcess {
  readonly client: ShopClient;
  readonly output: () => string;
  /** Pids of the workerd processes that serve this shop. */
  runtimes(): number[];
  /** SIGKILL to the runtime; resolves when the whole program has noticed and ended. */
  killRuntime(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface ProcessOptions {
  readonly stateDir: string;
  readonly port: number;
  readonly stripePort: number;
  readonly env?: Readonly<Record<string, string>>;
}

export async function runShop({ stateDir, port, stripePort, env = {} }: ProcessOptions): Promise<ShopProcess> {
  const child = spawn(process.execPath, ["scripts/start.ts"], {
    cwd: ROOT,
    env: { ...process.env, PORT: String(port), STRIPE_STANDIN_PORT: String(stripePort), STATE_DIR: stateDir, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  const ended = once(child, "close");
  await ready(child, () => output);
  const runtimes = (): number[] =>
    descendantsOf(child.pid ?? 0)
      .filter(({ command }) => command.includes("workerd"))
      .map(({ pid }) => pid);
  return {
    client: new ShopClient(`http://localhost:${port}`, `http://127.0.0.1:${stripePort}`, "dev-admin-key"),
    output: () => output,
    runtimes,
    async killRuntime() {
      for (const pid of runtimes()) killQuietly(pid);
      await ended;
    },
    async stop(signal = "SIGINT") {
      child.kill(signal);
      await ended;
      return child.exitCode;
    },
  };
}

async function ready(child: ChildProcess, output: () => string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (!/^Ready on /m.test(output())) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the shop did not start:\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just ended by itself.
  }
}

/** Every process below `root`, as far as it still runs. */
export function descendantsOf(root: number): { pid: number; command: string }[] {
  const rows = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" })
    .split("\n")
    .flatMap((line) => {
      const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
      // A process that has ended is listed as defunct until its parent has asked; in a container nobody may.
      const isRunning = match && !match[3]?.includes("<defunct>");
      return isRunning ? [{ pid: Number(match[1]), parent: Number(match[2]), command: match[3] ?? "" }] : [];
    });
  const below = (parent: number): typeof rows =>
    rows.flatMap((row) => (row.parent === parent ? [row, ...below(row.pid)] : []));
  return below(root);
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
