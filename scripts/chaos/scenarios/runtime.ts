import type { Scenario } from "../scenario.ts";

const HOUR_MS = 3_600_000;

export const RUNTIME_KILLED: Scenario = {
  name: "runtime-killed",
  fault: "the whole runtime is killed (SIGKILL), and back after 3 s",
  faultMs: 3_000,
  inject: ({ world }) => world.shop.runtime.kill(),
  heal: ({ world }) => world.shop.runtime.startAgain(),
  expect: [],
  never: [{ subject: /^(?:ingest|enrich|aggregate|orders|payments)/ }],
};

export const CLOCK_JUMPS: Scenario = {
  name: "clock-jumps",
  fault: "the clock of all Workers jumps ahead by an hour, and back after 20 s",
  faultMs: 20_000,
  inject: ({ world }) => world.shop.runtime.setFaults({ clockMs: HOUR_MS }),
  heal: ({ world }) => world.shop.runtime.setFaults({}),
  expect: [],
  never: [{ subject: /^(?:ingest|enrich|aggregate|orders|payments)/ }],
};
