import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Report } from "../../src/domain/guard/report.ts";
import { LaneTally } from "../../src/domain/pipeline/report.ts";
import { PIPELINE } from "../../src/domain/pipeline/stages.ts";
import { feedPage } from "../../src/ops/decisions/feed.ts";
import { decisionSources } from "../../src/ops/decisions/sources.ts";
import { env, runDueWork } from "../support/objects.ts";
import { atQuarter, type Coordinator, keysOf, report } from "../support/objects-flags.ts";

/**
 * Goal: one log book of all coordinators, which says what became of a rollback and whether anybody has changed a line. Threats: a rollback without effect that reads
 * like one that worked (pitfall 21), a log that was improved and is shown as if it were whole, a page that skips lines.
 */
afterEach(() => void vi.useRealTimers());

function sourcesOf(...flags: readonly Coordinator[]) {
  const features = flags.map(({ key }) => ({ key, title: key, fresh: "new", safe: "old" }));
  const { COST_BOOK, FLAG_COORDINATOR, PIPELINE_COORDINATOR } = env;
  const bindings = {
    COST_BOOK,
    FLAG_COORDINATOR,
    PIPELINE_COORDINATOR,
    LEGACY_ORIGIN: "",
    FEATURE_FLAGS: JSON.stringify(features),
  };
  // SAFETY: the sources use these bindings and no other; objects of a test are those of the Worker.
  return decisionSources(bindings as unknown as OpsEnv);
}

async function rolledBack(...strays: readonly Partial<Report>[]): Promise<Coordinator> {
  const flag = await atQuarter();
  await flag.object().report(report(1, 0, keysOf(5)));
  for (const stray of strays) await flag.object().report(report(1, 0, [], stray));
  vi.setSystemTime(Date.now() + 16_000);
  await runDueWork(flag.object());
  vi.useRealTimers();
  return flag;
}

describe("the feed", () => {
  it("says of a rollback what was seen after it, and not only that somebody looked", async () => {
    const safe = { epoch: 2, safe: 3, lastAt: null };
    const flags = {
      effective: await rolledBack(safe),
      ineffective: await rolledBack({ ok: 1, lastAt: Date.now() + 14_000 }, safe),
      unproven: await rolledBack(),
    };
    const tones = { effective: "relief", ineffective: "trouble", unproven: "note" };
    for (const [verdict, flag] of Object.entries(flags)) {
      const { data } = await feedPage(sourcesOf(flag), 50);
      const line = data.find(({ kind }) => kind === "effect_observed");
      expect(line).toMatchObject({ subject: flag.key, tone: tones[verdict as keyof typeof tones], by: "clock" });
      expect(line?.text).toContain(`effect observed. ${verdict}:`);
      expect(line?.evidence["effect"]).toMatchObject({ verdict });
    }
  });

  it("names the log that is not as it was written, and shows the others", async () => {
    const [whole, changed] = [await atQuarter(), await atQuarter()];
    const sources = sourcesOf(whole, changed);
    expect((await feedPage(sources, 5)).broken).toEqual([]);
    await runInDurableObject(changed.object(), (_, { storage }) => {
      storage.sql.exec("UPDATE decisions SET entry = json_set(entry, '$.by', 'somebody else') WHERE seq = 3");
    });
    vi.setSystemTime(Date.now() + 60_000);
    const { broken, data } = await feedPage(sources, 50);
    expect(broken).toEqual([{ source: `flag:${changed.key}`, first_broken: 3 }]);
    expect(data.filter(({ subject }) => subject === whole.key)).toHaveLength(4);
    expect(data.every(({ hash }) => hash.length === 64)).toBe(true);
  });

  it("goes on where the page before ended, in every log: nothing is shown twice, nothing is skipped", async () => {
    const tally = new LaneTally();
    for (let n = 0; n < 5; n++) tally.failed(1, new Error("D1"));
    await env.PIPELINE_COORDINATOR.getByName(PIPELINE).report({ from: "test", lanes: [tally.report("enrich")] });
    const sources = sourcesOf(await atQuarter(), await atQuarter());
    const all = (await feedPage(sources, 50)).data.map(({ id }) => id);
    const paged: string[] = [];
    let page = await feedPage(sources, 2);
    for (; ; page = await feedPage(sources, 2, page.next)) {
      paged.push(...page.data.map(({ id }) => id));
      if (page.next === null) break;
    }
    expect(paged.toSorted()).toEqual(all.toSorted());
    expect(all).toHaveLength(9);
  });
});
