/** Goal: whoever opens the list of flags while something is wrong can act on what is well. Threat: one coordinator that is away and hides the way to kill all the others. */
import { afterEach, expect, test, vi } from "vitest";
import type { FlagsBody } from "../../src/domain/guard/view.ts";
import { flagRoutes } from "../../src/ops/routes/flags.ts";
import { viewOf } from "../support/flag-bodies.ts";
import { after, NOW } from "../support/flags.ts";

afterEach(() => vi.useRealTimers());

test("a coordinator that fails, or never answers, is named, and the others' flags are there as soon as it is given up", async () => {
  vi.useFakeTimers();
  const climbing = viewOf(after(["start", "advance"]), NOW);
  const views: Readonly<Record<string, () => Promise<unknown>>> = {
    failing: () => Promise.reject(new Error("out of order")),
    hanging: () => new Promise(() => undefined),
    well: () => Promise.resolve(climbing),
    untouched: () => Promise.resolve(null),
  };
  const definitions = Object.keys(views).map((key) => ({ key, title: `${key}!`, fresh: "new", safe: "old" }));
  const env = {
    FEATURE_FLAGS: JSON.stringify(definitions),
    LEGACY_ORIGIN: "",
    FLAG_COORDINATOR: { getByName: (key: string) => ({ view: views[key] }) },
  };
  const asked = flagRoutes.request("/", {}, env);
  await vi.advanceTimersByTimeAsync(2_500);
  const answer = await asked;
  const { data, silent } = await answer.json<FlagsBody>();
  expect(answer.status).toBe(200);
  expect(data.map(({ key, state }) => [key, state])).toEqual([
    ["cart.write", "unguarded"],
    ["checkout.write", "unguarded"],
    ["payment.webhook", "unguarded"],
    ["well", "ramping"],
    ["untouched", "off"],
  ]);
  const variants = { fresh: "new", safe: "old" };
  expect(silent).toEqual([
    { key: "failing", title: "failing!", kind: "feature", variants },
    { key: "hanging", title: "hanging!", kind: "feature", variants },
  ]);
});
