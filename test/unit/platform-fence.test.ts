import { beforeEach, expect, it } from "vitest";
import type { FenceState } from "../../src/domain/guard/lease.ts";
import { forgetFences, isAdmitted } from "../../src/platform/fence.ts";

/** Goal: a coordinator that is away or slow closes the path and holds nobody up. Threat: every write waits for it, or is let through. */
const NOW = Date.UTC(2026, 10, 27);
const FENCE = { key: "cart.write", epoch: 4 };

beforeEach(() => forgetFences());

function coordinators(answer: () => Promise<FenceState>) {
  const asked = { times: 0 };
  const getByName = () => ({
    fence: () => {
      asked.times += 1;
      return answer();
    },
  });
  return { asked, getByName };
}

it("asks once per five seconds and isolate, however many writes there are", async () => {
  const own = coordinators(async () => ({ epoch: 4, open: true }));
  for (let i = 0; i < 100; i++) expect(await isAdmitted(own, FENCE, NOW + i * 49)).toBe(true);
  expect(own.asked.times).toBe(1);
  await isAdmitted(own, FENCE, NOW + 5_000);
  expect(own.asked.times).toBe(2);
});

it("refuses what is older, and everything while the path has no share", async () => {
  expect(
    await isAdmitted(
      coordinators(async () => ({ epoch: 5, open: true })),
      FENCE,
      NOW,
    ),
  ).toBe(false);
  forgetFences();
  expect(
    await isAdmitted(
      coordinators(async () => ({ epoch: 4, open: false })),
      FENCE,
      NOW,
    ),
  ).toBe(false);
});

it("a coordinator that fails is no permission, and is left alone for a second", async () => {
  const own = coordinators(() => Promise.reject(new Error("Network connection lost.")));
  expect(await isAdmitted(own, FENCE, NOW)).toBe(false);
  expect(await isAdmitted(own, FENCE, NOW + 999)).toBe(false);
  expect(own.asked.times).toBe(1);
  await isAdmitted(own, FENCE, NOW + 1_000);
  expect(own.asked.times).toBe(2);
});

it("a coordinator that never answers costs the first write a second and the next ones nothing", async () => {
  const own = coordinators(() => new Promise(() => {}));
  const began = performance.now();
  expect(await isAdmitted(own, FENCE, NOW)).toBe(false);
  expect(performance.now() - began).toBeLessThan(2_000);
  const then = performance.now();
  for (let i = 0; i < 50; i++) await isAdmitted(own, FENCE, NOW + i);
  expect(performance.now() - then).toBeLessThan(100);
});

it("what was known before the clock was put back is asked for again, and not good until it has caught up (pitfall 21)", async () => {
  let open = true;
  const own = coordinators(async () => ({ epoch: 4, open }));
  expect(await isAdmitted(own, FENCE, NOW)).toBe(true);
  open = false;
  expect(await isAdmitted(own, FENCE, NOW - 3_600_000)).toBe(false);
});
