import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../scripts/wrangler.ts";
import { type Inputs, inputsOf, resultSchema, tableOf } from "./scale/inputs.ts";

/**
 * `npm run scale NAME`: writes what `npm run bench -- --out NAME` measured into the one table of docs/scale.md that depends on a machine.
 */
const DOCUMENT = join(ROOT, "docs/scale.md");
const BEGIN = "<!-- measured: npm run scale -->";
const END = "<!-- /measured -->";

const name = process.argv[2];
if (name === undefined) {
  console.error("usage: npm run scale NAME, where NAME is that of a file in bench/results");
  process.exit(2);
}
const inputs: Inputs = inputsOf(
  resultSchema.parse(JSON.parse(readFileSync(join(import.meta.dirname, "results", `${name}.json`), "utf8"))),
);
const document = readFileSync(DOCUMENT, "utf8");
const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
if (begin < 0 || end < begin) throw new Error(`${DOCUMENT} has no place for what is measured`);
const block = `${BEGIN}\n\n${tableOf(inputs, name)}\n\n`;
writeFileSync(DOCUMENT, document.slice(0, begin) + block + document.slice(end));
console.log(`${DOCUMENT} has the figures of ${name}`);
