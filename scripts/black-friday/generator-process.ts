import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { quietEnvironment } from "../wrangler.ts";
import { startChild } from "../start/child.ts";
import { type Outcome, outcomeSchema, type Sample, sampleSchema, type Spec } from "./messages.ts";

const PROGRAM = fileURLToPath(new URL("generator.ts", import.meta.url));
const KEPT_LINES = 20;

/** The shoppers, in a process of their own that ends with this one. Resolves when the last of them has left. */
export async function runGenerator(
  directory: string,
  spec: Omit<Spec, "outcome">,
  onSample: (sample: Sample) => void,
): Promise<Outcome> {
  const [path, outcome] = [join(directory, "generator.spec.json"), join(directory, "generator.outcome.json")];
  writeFileSync(path, JSON.stringify({ ...spec, outcome } satisfies Spec));
  const others: string[] = [];
  const onLine = (line: string): void => {
    const sample = sampleIn(line);
    if (sample) onSample(sample);
    else if (others.push(line) > KEPT_LINES) others.shift();
  };
  const child = startChild({ name: "the shoppers", args: [PROGRAM, path], env: quietEnvironment(), onLine });
  const how = await child.ended;
  if (how !== "ended with exit code 0") throw new Error(`the shoppers ${how}\n${others.join("\n")}`);
  return outcomeSchema.parse(JSON.parse(readFileSync(outcome, "utf8")));
}

function sampleIn(line: string): Sample | undefined {
  if (!line.startsWith("{")) return undefined;
  return sampleSchema.safeParse(JSON.parse(line)).data;
}
