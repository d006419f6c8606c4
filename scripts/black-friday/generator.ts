import { readFileSync, writeFileSync } from "node:fs";
import { Crowd } from "./crowd.ts";
import { specSchema } from "./messages.ts";
import { planOf } from "./plan.ts";

/** A program: the shoppers of `npm run blackfriday`. Tells twice a second how it goes, a JSON document per line. */
const [path] = process.argv.slice(2);
if (path === undefined) throw new Error("usage: generator.ts <spec.json>");
const spec = specSchema.parse(JSON.parse(readFileSync(path, "utf8")));
const visits = planOf({
  seed: spec.seed,
  orders: spec.orders,
  shoppers: spec.shoppers,
  visits: spec.visits,
  dayMs: spec.day_ms,
  products: spec.skus.length,
  hasMishaps: spec.has_mishaps,
});
const outcome = await new Crowd(spec).play(visits, (sample) => console.log(JSON.stringify(sample)));
writeFileSync(spec.outcome, JSON.stringify(outcome));
process.exit(0);
