import { subscribe } from "node:diagnostics_channel";
import type { ChildProcess } from "node:child_process";
import { Socket } from "node:net";

/**
 * Preloaded (`node --import`) into the processes that `npm start` starts, to tie them to it. File descriptor 3 is a pipe that
 * closes when npm start is gone, however it went, `kill -9` included. And a runtime that dies under wrangler ends
 * wrangler too: it would start a new one by itself, with the messages that were in its queues gone and nobody told.
 */
const LEASH_FD = 3;
const EXIT_CRASHED = 70;

new Socket({ fd: LEASH_FD, readable: true, writable: false })
  .on("error", () => process.kill(process.pid, "SIGTERM"))
  .on("close", () => process.kill(process.pid, "SIGTERM"))
  .resume()
  .unref();

subscribe("child_process", (message) => {
  // SAFETY: Node documents the message of this channel as `{ process: ChildProcess }`.
  const { process: child } = message as { process: ChildProcess };
  child.once("exit", (code, signal) => {
    // `killed`: wrangler ended it itself, as it does at every reload and at the end.
    if (child.killed || !child.spawnfile.includes("workerd")) return;
    console.error(`the Workers runtime (workerd) died: ${signal ?? `exit code ${code}`}`);
    process.exit(EXIT_CRASHED);
  });
});
