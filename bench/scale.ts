import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../scripts/wrangler.ts";
import { inputsOf, resultSchema, type Run } from "./scale/inputs.ts";
import { tableOf } from "./scale/table.ts";

/**
 * `npm run scale NAME ...`: writes what `npm run bench -- --out NAME` measured into the one table of docs/scale.md that depends on a machine. Of
 * several runs, e.g. one per group of benchmarks, each fills in what those before it left out.
 */
const DOCUMENT = join(ROOT, "docs/scale.md");
const BEGIN = "<!-- measured: npm run scale -->";
const END = "<!-- /measured -->";

const names = process.argv.slice(2);
try {
  if (names.length === 0) throw new Error("usage: npm run scale NAME ..., each the name of a file in bench/results");
  const document = readFileSync(DOCUMENT, "utf8");
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${DOCUMENT} has no place for what is measured`);
  const block = `${BEGIN}\n\n${tableOf(inputsOf(names.map(read)))}\n\n`;
  writeFileSync(DOCUMENT, document.slice(0, begin) + block + document.slice(end));
  console.log(`${DOCUMENT} has the figures of ${names.join(", ")}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

function read(name: string): Run {
  const text = readFileSync(join(import.meta.dirname, "results", `${name}.json`), "utf8");
  return { name, result: resultSchema.parse(JSON.parse(text)) };
}
