import { OpenFeature } from "@openfeature/server-sdk";
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectStatus, until } from "../support/client.ts";
import { type FlagBody, FlagClient } from "../support/rollout.ts";
import { type Shop, startShop } from "../support/shop.ts";

/**
 * Goal: a shop without a monolith guards its own features, any OpenFeature client reads them, and its write paths pay nothing for guards that they do not
 * have. Threats: a flag that is only a flag for our own code, one that opens when its coordinator is away.
 */
const KEY = "search.ranking";
let shop: Shop;
beforeAll(async () => {
  shop = await startShop({
    vars: { FLAG_DWELL_MS: "0", FEATURE_FLAGS: JSON.stringify([{ key: KEY, fresh: "neural", safe: "classic" }]) },
  });
});
afterAll(() => shop?.close());

const flag = (): FlagClient => new FlagClient(shop.client, KEY);
const outcomes = (epoch: number, body: Record<string, unknown>) =>
  shop.client.admin<{ state: string; epoch: number }>("POST", `/admin/v1/flags/${KEY}/outcomes`, { epoch, ...body });
interface AlertBody {
  readonly state: string;
  readonly flag?: string;
}
const alerts = async () =>
  (await shop.client.admin<{ data: AlertBody[] }>("GET", "/admin/v1/alerts")).body.data.filter(
    ({ flag: key }) => key === KEY,
  );
const evaluate = (key: string, targetingKey?: string, headers: Record<string, string> = {}) =>
  shop.client.send<{ value: boolean; variant: string; errorCode?: string; reason: string }>(
    "POST",
    `/ofrep/v1/evaluate/flags${key}`,
    { body: { context: targetingKey === undefined ? {} : { targetingKey } }, headers },
  );

describe("without a monolith", () => {
  it("the write paths are at 100 % and guard nothing", async () => {
    const { body } = await expectStatus(200, shop.client.admin<{ data: FlagBody[] }>("GET", "/admin/v1/flags"));
    expect(body.data.map(({ key, state, share_percent }) => [key, state, share_percent])).toEqual([
      ["cart.write", "unguarded", 100],
      ["checkout.write", "unguarded", 100],
      ["payment.webhook", "unguarded", 100],
      [KEY, "off", 0],
    ]);
    expect(await new FlagClient(shop.client, "cart.write").tried("start")).toMatchObject({
      body: { code: "unguarded" },
    });
  });

  it("unknown flags, commands without a reason and commands that are not legal are refused with a code", async () => {
    expect(await shop.client.admin("GET", "/admin/v1/flags/nothing")).toMatchObject({ body: { code: "unknown_flag" } });
    expect(await flag().tried("advance")).toMatchObject({ status: 409, body: { code: "not_legal" } });
    expect(await shop.client.admin("POST", `/admin/v1/flags/${KEY}/start`, {})).toMatchObject({ status: 422 });
    expect(await shop.client.send("GET", "/admin/v1/flags")).toMatchObject({ status: 401 });
  });
});

describe("a feature of the shop's own", () => {
  it("climbs on what its own service reports, shows why it waits, and is rolled back by what it reports", async () => {
    expect(await flag().command("start")).toMatchObject({ state: "ramping", share_percent: 1, epoch: 1 });
    expect((await flag().read()).commands).toEqual(["advance", "pause", "kill"]);
    expect((await flag().read()).blocked_by).toMatchObject([
      { reason: "operations", text: expect.stringContaining("299") },
    ]);
    expect((await outcomes(1, { ok: 300 })).body).toMatchObject({ state: "ramping", share_percent: 5 });
    const errors = (from: number) =>
      Array.from({ length: 3 }, (_, i) => ({ key: `query-${from + i}`, code: "timeout" }));
    await outcomes(1, { errors: errors(0) });
    // The same three once more are the same three.
    expect((await outcomes(1, { errors: errors(0) })).body).toMatchObject({ state: "ramping" });
    expect((await outcomes(1, { errors: errors(3) })).body).toMatchObject({
      state: "rolled_back",
      share_percent: 0,
      epoch: 2,
    });
    expect((await flag().decisions()).map(({ kind }) => kind)).toEqual(["started", "promoted", "rolled_back"]);
    await until(alerts, (all) => all.length === 1);
    expect(await alerts()).toMatchObject([{ flag: KEY, severity: "critical", state: "in_force", notified: true }]);
    await flag().command("rearm", "fixed");
    await until(alerts, ([alert]) => alert?.state === "cleared");
  });

  it("tells what its guard can be expected to do, and draws the statistic over time", async () => {
    const { body } = await shop.client.admin<{ expected: { detection: { error_rate: number; operations: number }[] } }>(
      "GET",
      `/admin/v1/flags/${KEY}/guard`,
    );
    expect(body.expected.detection.find(({ error_rate }) => error_rate === 0.02)?.operations).toBe(775);
    const series = await shop.client.admin<{ limit: number; points: { s: number }[] }>(
      "GET",
      `/admin/v1/flags/${KEY}/series`,
    );
    expect(series.body.limit).toBe(800);
    expect(Math.max(...series.body.points.map(({ s }) => s))).toBe(594);
  });
});

describe("OFREP", () => {
  it("an OpenFeature client with its OFREP provider reads the flags, each subject always the same", async () => {
    await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: shop.client.origin }));
    const client = OpenFeature.getClient();
    expect(await client.getBooleanValue("checkout.write", false, { targetingKey: "anna" })).toBe(true);
    while ((await flag().read()).share_percent < 50) await flag().command("advance");
    await until(
      () => client.getBooleanDetails(KEY, false, { targetingKey: "anna" }),
      ({ flagMetadata }) => flagMetadata["share_percent"] === 50,
    );
    const subjects = Array.from({ length: 60 }, (_, i) => `visitor-${i}`);
    const ask = () =>
      Promise.all(subjects.map((targetingKey) => client.getBooleanDetails(KEY, false, { targetingKey })));
    const [first, second] = [await ask(), await ask()];
    expect(second.map(({ value }) => value)).toEqual(first.map(({ value }) => value));
    const fresh = first.filter(({ value }) => value);
    expect(fresh.length).toBeGreaterThan(10);
    expect(fresh.length).toBeLessThan(50);
    expect(new Set(first.map(({ variant }) => variant))).toEqual(new Set(["neural", "classic"]));
    expect(await client.getBooleanDetails("nothing", false)).toMatchObject({
      value: false,
      errorCode: "FLAG_NOT_FOUND",
    });
    await OpenFeature.clearProviders();
  });

  it("answers all flags at once with an ETag, and 304 to who has them", async () => {
    const all = await evaluate("", "anna");
    expect(all).toMatchObject({
      status: 200,
      body: { flags: [{ key: "cart.write", value: true, reason: "STATIC" }, {}, {}, { key: KEY }] },
    });
    const etag = all.headers.get("etag") ?? "";
    expect(await evaluate("", "anna", { "if-none-match": etag })).toMatchObject({ status: 304 });
    expect((await evaluate("", undefined, { "if-none-match": etag })).status).toBe(200);
  });

  it("says what is wrong with a question as the protocol wants it", async () => {
    expect(await evaluate(`/${KEY}`)).toMatchObject({ status: 400, body: { errorCode: "TARGETING_KEY_MISSING" } });
    expect(await evaluate("/nothing", "anna")).toMatchObject({ status: 404, body: { errorCode: "FLAG_NOT_FOUND" } });
    const broken = { raw: "{", headers: { "content-type": "application/json" } };
    expect(await shop.client.send("POST", `/ofrep/v1/evaluate/flags/${KEY}`, broken)).toMatchObject({
      status: 400,
      body: { errorCode: "PARSE_ERROR" },
    });
  });
});
