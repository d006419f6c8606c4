import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Processes, Running } from "./processes.ts";
import { READY, type RuntimeSpec } from "./spec.ts";

const SERVE = fileURLToPath(new URL("serve.ts", import.meta.url));

/** What every part of a run needs: a folder of its own, and the processes that end with it. */
export interface Bench {
  readonly directory: string;
  readonly processes: Processes;
}

/** Runs bundled Workers in a workerd of their own; its address is the origin of the first. */
export function startRuntime({ directory, processes }: Bench, name: string, spec: RuntimeSpec): Promise<Running> {
  mkdirSync(spec.storage, { recursive: true });
  const path = join(directory, `${name}.spec.json`);
  writeFileSync(path, JSON.stringify(spec));
  return processes.start({ name, args: [SERVE, path], ready: READY });
}

/** A port that was free a moment ago. Two programs that must know each other cannot both choose theirs when they start. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port: 0, host: "127.0.0.1" }, () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Aborts every object of the runtime whose breaker listens there. */
export async function abortObjects(breakerPort: number): Promise<void> {
  const { ok } = await fetch(`http://127.0.0.1:${breakerPort}/`);
  if (!ok) throw new Error("the objects could not be aborted");
}
