/**
 * Goal: an answer of the tracking API leads a client to the right thing. Threat: an event that is answered 200 and was in no queue, and a 4xx
 * where sending again would have helped: an SDK then drops the events for ever.
 */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { KEY_KEPT_MS, KEY_STALE_MS } from "../../src/analytics/ingest/write-keys.ts";
import { DURATION_MS } from "../../src/domain/limits.ts";
import { basic, batch, hushed, openIngest, server, view } from "./analytics-world.ts";

beforeEach(hushed);

describe("overload is never a 4xx that drops events (pitfalls 20, 22)", () => {
  test("a queue that is overloaded: 429 with Retry-After, and the same events are taken when they come again", async () => {
    const { call, rows } = openIngest((attempt) => {
      if (attempt === 1) throw new Error("Queue is overloaded. Please back off.");
    });
    const body = batch(view(1));
    const refused = await call("/v1/batch", { ...server, body });
    expect(refused).toMatchObject({ status: 429, body: { code: "overloaded" } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(5);
    expect((await call("/v1/batch", { ...server, body })).status).toBe(200);
    expect(rows()).toHaveLength(1);
  });

  test("a queue that fails: 503 with Retry-After", async () => {
    const { call } = openIngest(() => {
      throw new Error("internal error");
    });
    const refused = await call("/v1/batch", { ...server, body: batch(view(1)) });
    expect(refused).toMatchObject({ status: 503, body: { code: "dependency_unavailable" } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(5);
  });

  test("a send that hangs is not waited for, and not answered 200", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { call } = openIngest(() => new Promise(() => undefined));
    const answer = call("/v1/batch", { ...server, body: batch(view(1)) });
    while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(DURATION_MS.queueSend);
    expect((await answer).status).toBe(503);
  });

  test("the answer comes after the queue has taken the events, not before", async () => {
    let take: (value?: unknown) => void = () => undefined;
    const { call, calls } = openIngest(() => new Promise((resolve) => (take = resolve)));
    let answered = false;
    const answer = call("/v1/batch", { ...server, body: batch(view(1)) }).then((value) => {
      answered = true;
      return value;
    });
    while (calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(answered).toBe(false);
    take();
    expect((await answer).status).toBe(200);
  });

  test("write keys that cannot be read: 503, never 401; a key that was read before goes on for a while", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000_000_000 });
    const { call, env } = openIngest();
    const known = { ...server, body: batch(view(1)) };
    expect((await call("/v1/batch", known)).status).toBe(200);
    Object.assign(env, {
      DB: {
        prepare: () => {
          throw new Error("D1_ERROR");
        },
      },
    });
    vi.setSystemTime(1_800_000_000_000 + KEY_STALE_MS);
    expect((await call("/v1/batch", known)).status).toBe(200);
    expect((await call("/v1/batch", { headers: basic("wk_pub_local"), body: batch(view(1)) })).status).toBe(503);
    vi.setSystemTime(1_800_000_000_000 + KEY_KEPT_MS + 1);
    expect((await call("/v1/batch", known)).status).toBe(503);
  });

  test("a key that was deleted is refused after at most fifteen seconds", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000_000_000 });
    expect(KEY_STALE_MS).toBeLessThanOrEqual(15_000);
    const { call, database } = openIngest();
    const known = { ...server, body: batch(view(1)) };
    expect((await call("/v1/batch", known)).status).toBe(200);
    database.sqlite.exec("UPDATE write_keys SET deleted_at = 1, deleted_by = 'x'");
    vi.setSystemTime(1_800_000_000_000 + KEY_STALE_MS);
    expect((await call("/v1/batch", known)).status).toBe(401);
  });
});

describe("limits", () => {
  test("pitfall 7: each client of a public key has its own, a secret key one for itself", async () => {
    const { call, limited } = openIngest();
    const from = (address: string) => ({
      headers: { ...basic("wk_pub_local"), "cf-connecting-ip": address },
      body: batch(view(1)),
    });
    await call("/v1/b", from("203.0.113.7"));
    await call("/v1/b", from("2001:db8:1:2:3:4:5:6"));
    await call("/v1/batch", { ...server, body: batch(view(1)) });
    expect(limited).toEqual([
      "client wk_local_public:203.0.113.7",
      "client wk_local_public:2001:db8:1:2",
      "key wk_local_secret",
    ]);
  });

  test("a client that tries keys is refused before the database is asked; one with a key that works is not counted", async () => {
    const { call, lookUps, allowLookUps, database } = openIngest();
    allowLookUps(3);
    const from = { "cf-connecting-ip": "203.0.113.7" };
    const guess = (n: number) => call("/v1/b", { headers: { ...basic(`wk_pub_guess${n}`), ...from }, body: "{}" });
    expect((await guess(1)).status).toBe(401);
    for (let n = 0; n < 5; n++) {
      const known = { headers: { ...basic("wk_pub_local"), ...from }, body: batch(view(n)) };
      expect((await call("/v1/b", known)).status).toBe(200);
    }
    expect((await guess(2)).status).toBe(401);
    database.sqlite.exec("DROP TABLE write_keys");
    expect(await guess(3)).toMatchObject({ status: 429, body: { code: "rate_limited" } });
    const settings = await call("/v1/projects/wk_pub_guess4/settings", { method: "GET", headers: from });
    expect(settings.status).toBe(429);
    expect(new Set(lookUps)).toEqual(new Set(["look-up:203.0.113.7"]));
  });

  test("pitfall 19: a request costs one, and one more for every hundred events in it", async () => {
    const { call, limited } = openIngest();
    const events = Array.from({ length: 250 }, (_, n) => view(n));
    await call("/v1/batch", { ...server, body: batch(...events) });
    expect(limited).toHaveLength(3);
  });

  test("beyond it: 429 with Retry-After, before the body is read; a key without limits is never asked about", async () => {
    const { call, allow, sent, limited, database } = openIngest();
    allow(0);
    const refused = await call("/v1/batch", { ...server, body: "{" });
    expect(refused).toMatchObject({ status: 429, body: { code: "rate_limited" } });
    expect(refused.headers.get("retry-after")).toBe("30");
    expect(sent).toEqual([]);
    database.sqlite.exec("UPDATE write_keys SET limited = 0 WHERE kind = 'public'");
    expect((await call("/v1/batch", { headers: basic("wk_pub_local"), body: batch(view(1)) })).status).toBe(200);
    expect(limited).toHaveLength(1);
  });
});
