import { DRILLS, USAGE } from "./drills/list.ts";
import { Stage } from "./drills/stage.ts";

/**
 * `npm run drill -- <name> [options]`: rehearses a bad day on a shop of its own. Ends with 1 when something was wrong afterwards, and never
 * because a machine was slow: a drill proves that nothing is lost, and reports how fast that was.
 */
const EXIT_WRONG = 1;
const EXIT_INTERRUPTED = 130;
const stage = new Stage();
let stopping = false;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop(EXIT_INTERRUPTED));

try {
  const [name, ...args] = process.argv.slice(2);
  const drill = DRILLS.find((candidate) => candidate.name === name);
  if (!drill) throw new Error(name === undefined ? "which drill?" : `there is no drill ${name}`);
  const { text, holds } = await drill.run(args, stage);
  console.log(text);
  await stop(holds ? 0 : EXIT_WRONG);
} catch (error) {
  // When everything is being stopped, what fails is only that it was stopped.
  if (!stopping) {
    console.error(`${stage.lastLines()}\n\n${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    await stop(EXIT_WRONG);
  }
}

async function stop(exitCode: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  await stage.close();
  process.exit(exitCode);
}
