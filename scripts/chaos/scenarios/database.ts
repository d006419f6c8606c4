import type { Scenario } from "../scenario.ts";

export const DATABASE_DOWN: Scenario = {
  name: "d1-down",
  fault: "D1 refuses every statement of every Worker",
  load: { freshPerS: 6 },
  faultMs: 15_000,
  inject: ({ world }) => world.shop.runtime.setFaults({ database: { effect: "fail" } }),
  heal: ({ world }) => world.shop.runtime.setFaults({}),
  expect: [
    { subject: /^enrich$/, kind: "opened" },
    { subject: /^orders$/, kind: "opened" },
    { subject: /^enrich$/, kind: "closed" },
  ],
  never: [{ subject: /^(?:ingest|aggregate\/.*)$/ }],
};
