import * as z from "zod";

/** A .cpuprofile of V8. `timeDeltas` in microseconds, one per sample. */
const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.int(),
      callFrame: z.object({ functionName: z.string(), lineNumber: z.int(), columnNumber: z.int() }),
    }),
  ),
  samples: z.array(z.int()),
  timeDeltas: z.array(z.number()),
});

/** V8's own names for time in which no JavaScript ran. `(program)` is native code, of this isolate or of another that had the thread. */
const NOT_SCRIPT = new Set(["(root)", "(idle)", "(program)"]);
/**
 * A Worker is sampled while its isolate has the thread. After a longer pause the sample stands for what it saw last and the pause for others, so
 * no sample counts for more than this, in ms.
 */
const SAMPLE_MAX_MS = 1;

/** Time by function, in ms. Native code that a function calls (SQLite, JSON, a call to an object) counts as the function's own. */
export interface ScriptTime {
  readonly ms: number;
  readonly functions: ReadonlyMap<string, number>;
}

export function scriptTime(profile: string): ScriptTime {
  const { nodes, samples, timeDeltas } = profileSchema.parse(JSON.parse(profile));
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const functions = new Map<string, number>();
  let ms = 0;
  samples.forEach((sample, at) => {
    const frame = frames.get(sample);
    if (!frame || NOT_SCRIPT.has(frame.functionName)) return;
    const { functionName, lineNumber, columnNumber } = frame;
    const name = `${functionName || "(anonymous)"} ${lineNumber + 1}:${columnNumber + 1}`;
    const took = Math.min(SAMPLE_MAX_MS, (timeDeltas[at] ?? 0) / 1_000);
    functions.set(name, (functions.get(name) ?? 0) + took);
    ms += took;
  });
  return { ms, functions };
}
