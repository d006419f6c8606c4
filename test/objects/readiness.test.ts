import { afterEach, expect, it, vi } from "vitest";
import { PipelineCoordinator } from "../../durable-objects/pipeline-coordinator/pipeline-coordinator.ts";
import { LaneTally } from "../../src/domain/pipeline/report.ts";
import { PIPELINE, STAGES } from "../../src/domain/pipeline/stages.ts";
import { readiness } from "../../src/storefront/routes/readiness.ts";
import { env } from "../support/objects.ts";

/**
 * Goal: whoever watches the shop from outside sees each stage with what it is judged by, and a load balancer takes no shop out that sells on. Threats: a detour
 * that counts as down, an answer that tells everybody what the database said, a coordinator that everybody may ask as often as they like.
 */
interface Ready {
  readonly status: string;
  readonly stages: readonly {
    readonly stage: string;
    readonly state: string;
    readonly route: string;
    readonly indicators: object;
  }[];
}
let now = Date.now();
/** Each time further from the last than an answer is kept. */
async function ask() {
  now += 2_500;
  vi.setSystemTime(now);
  const { PIPELINE_COORDINATOR } = env;
  const answer = await readiness.request("/readyz", {}, { PIPELINE_COORDINATOR });
  const text = await answer.text();
  // SAFETY: the tests fail where it is another.
  return { status: answer.status, headers: answer.headers, text, body: JSON.parse(text) as Ready };
}
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function report(failures: number): Promise<void> {
  const tally = new LaneTally();
  for (let n = 0; n < failures; n++) tally.failed(40, new Error("D1_ERROR: no such table: products"));
  await env.PIPELINE_COORDINATOR.getByName(PIPELINE).report({ from: "test", lanes: [tally.report("enrich")] });
}

it("shows every stage with its indicators, and is ready before anything has happened", async () => {
  const { status, body } = await ask();
  expect([status, body.status]).toEqual([200, "ready"]);
  expect(body.stages.map(({ stage }) => stage)).toEqual([...STAGES]);
  for (const { state, route, indicators } of body.stages) {
    expect([state, route]).toEqual(["completed", "primary"]);
    expect(Object.keys(indicators).toSorted()).toEqual(
      ["ok", "errors", "error_share", "latency_ms", "backlog", "oldest_ms", "seen_at"].toSorted(),
    );
  }
});

it("is degraded and not down while a stage is led around, and does not tell everybody why", async () => {
  await report(5);
  const { status, body, text } = await ask();
  expect([status, body.status]).toEqual([200, "degraded"]);
  expect(body.stages.find(({ stage }) => stage === "enrich")).toMatchObject({
    state: "failed",
    route: "bypass",
    indicators: { errors: 5, error_share: 1 },
  });
  expect(text).not.toContain("D1_ERROR");
});

it("is 503 with a time to ask again when the coordinator does not answer, and well again with it", async () => {
  const view = vi.spyOn(PipelineCoordinator.prototype, "view").mockRejectedValueOnce(new Error("restarting"));
  const away = await ask();
  expect([away.status, away.body, away.headers.get("retry-after")]).toEqual([
    503,
    { status: "unavailable", stages: [] },
    "2",
  ]);
  expect((await ask()).status).toBe(200);
  // Whoever asks at the same time gets the same answer.
  const before = view.mock.calls.length;
  const { PIPELINE_COORDINATOR } = env;
  for (let n = 0; n < 20; n++) await readiness.request("/readyz", {}, { PIPELINE_COORDINATOR });
  expect(view.mock.calls.length).toBe(before);
});
