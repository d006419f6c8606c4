import * as z from "zod";

/** A .cpuprofile of V8, as far as times go. `timeDeltas` in microseconds, one per sample. */
const profileSchema = z.object({
  nodes: z.array(z.object({ id: z.int(), callFrame: z.object({ functionName: z.string() }) })),
  samples: z.array(z.int()),
  timeDeltas: z.array(z.number()),
});

const IDLE = "(idle)";

/** How long the runtime worked while the profile was taken, in ms. */
export function startUpMs(profile: string): number {
  const { nodes, samples, timeDeltas } = profileSchema.parse(JSON.parse(profile));
  const idle = new Set(nodes.filter(({ callFrame }) => callFrame.functionName === IDLE).map(({ id }) => id));
  const busy = timeDeltas.filter((_, at) => !idle.has(samples[at] ?? 0));
  return busy.reduce((sum, delta) => sum + delta, 0) / 1_000;
}
