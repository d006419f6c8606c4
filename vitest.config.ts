import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { SummaryReporter } from "./test/support/summary-reporter.ts";

const MINUTE_MS = 60_000;

// Queues are found by name through a registry in the home directory: a shop that runs beside the tests would consume their messages.
process.env["WRANGLER_REGISTRY_PATH"] ??= mkdtempSync(join(tmpdir(), "breakwater-registry-"));

/** Whole shops share two cores, so these run one file at a time, and after everything else. */
const oneByOne = {
  pool: "forks",
  fileParallelism: false,
  testTimeout: 3 * MINUTE_MS,
  hookTimeout: 3 * MINUTE_MS,
} as const;

/** Properties print their seed when they fail; with it they fail again. */
const replayable = {
  setupFiles: ["test/support/replay.ts"],
  provide: { replay: { seed: process.env["SEED"] ?? "", path: process.env["SEED_PATH"] ?? "" } },
};

export default defineConfig({
  test: {
    reporters: ["default", new SummaryReporter()],
    // The Workers log every step; what a test said is worth reading when it failed.
    silent: "passed-only",
    projects: [
      {
        test: {
          ...replayable,
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Inside workerd, as the state Worker itself: its config, its bindings, its compatibility date.
        plugins: [cloudflareTest({ wrangler: { configPath: "./durable-objects/wrangler.toml" } })],
        test: {
          ...replayable,
          name: "objects",
          include: ["test/objects/**/*.test.ts"],
          testTimeout: MINUTE_MS,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: { ...oneByOne, name: "system", include: ["test/system/**/*.test.ts"], sequence: { groupOrder: 2 } },
      },
      {
        test: { ...oneByOne, name: "browser", include: ["test/browser/**/*.test.ts"], sequence: { groupOrder: 3 } },
      },
    ],
  },
});
