import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deriveConfigs } from "../../scripts/config.ts";
import { takeState } from "../../scripts/start/lock.ts";
import { LogView, shorten } from "../../scripts/start/log.ts";
import { seedProducts } from "../../scripts/start/seed.ts";
import { readSettings } from "../../scripts/start/settings.ts";
import { welcome } from "../../scripts/start/welcome.ts";
import { LOCAL_VARS } from "../../scripts/workers.ts";
import { ROOT } from "../../scripts/wrangler.ts";

/** Goal: `npm start` says clearly what it was asked for wrongly, and shows what the Workers say and nothing else. */
describe("settings", () => {
  test("without any, the shop runs on its usual ports, with the stand-in and without a limit per client", () => {
    const settings = readSettings({}, []);
    expect(settings).toMatchObject({ port: 8787, standInPort: 12_111, fresh: false, adminKey: "dev-admin-key" });
    expect(settings.stateDirectory).toMatch(/\.state$/);
    expect(settings.values).toMatchObject({ STRIPE_API_BASE: "http://127.0.0.1:12111", CLIENT_RATE_LIMIT: "off" });
  });

  test("webhooks may go to this machine, unless something else is said", () => {
    expect(readSettings({}, []).values["WEBHOOK_TARGETS"]).toBe("any");
    expect(readSettings({ WEBHOOK_TARGETS: "public" }, []).values["WEBHOOK_TARGETS"]).toBe("public");
  });

  test("any variable or secret of a Worker can be given by its own name", () => {
    const { values, adminKey } = readSettings({ ADMIN_KEY: "k", ORDER_EXPIRY_MS: "5000", CLIENT_RATE_LIMIT: "on" }, []);
    expect(adminKey).toBe("k");
    expect(values).toMatchObject({ ADMIN_KEY: "k", ORDER_EXPIRY_MS: "5000", CLIENT_RATE_LIMIT: "on" });
  });

  test("--legacy puts the shop in front of a monolith, by default on a port of its own", () => {
    expect(readSettings({}, []).legacyPort).toBeUndefined();
    expect(readSettings({ LEGACY_ORIGIN: "http://127.0.0.1:1" }, []).values["LEGACY_ORIGIN"]).toBe(
      "http://127.0.0.1:1",
    );
    const settings = readSettings({ LEGACY_PORT: "14000" }, ["--legacy", "--fresh"]);
    expect(settings).toMatchObject({ legacyPort: 14_000, fresh: true });
    expect(settings.values["LEGACY_ORIGIN"]).toBe("http://127.0.0.1:14000");
    expect(welcome(settings, [])).toContain("Monolith    http://127.0.0.1:14000");
  });

  test("the monolith that is configured for the deployed shop is not called from a laptop", () => {
    const { values } = readSettings({}, []);
    const { storefront } = deriveConfigs({ directory: mkdtempSync(join(tmpdir(), "breakwater-vars-")), values });
    expect(values["LEGACY_ORIGIN"]).toBe("");
    expect(JSON.parse(readFileSync(storefront, "utf8"))).toMatchObject({ vars: { LEGACY_ORIGIN: "" } });
    // A shop for tests and one for load have theirs from the same place.
    expect(LOCAL_VARS.LEGACY_ORIGIN).toBe("");
  });

  test("another payment provider needs its secrets: the stand-in's would be refused one order at a time", () => {
    expect(() => readSettings({ STRIPE_API_BASE: "https://api.stripe.com" }, [])).toThrow(
      /STRIPE_SECRET_KEY and STRIPE_WEBHOOK/,
    );
    const given = {
      STRIPE_API_BASE: "https://api.stripe.com",
      STRIPE_SECRET_KEY: "sk",
      STRIPE_WEBHOOK_SECRET: "whsec",
    };
    expect(readSettings(given, ["--fresh"])).toMatchObject({ stripeApiBase: "https://api.stripe.com", fresh: true });
  });

  test.each([
    [{ PORT: "http" }, [], /PORT is "http", not a port/],
    [{ STRIPE_STANDIN_PORT: "70000" }, [], /STRIPE_STANDIN_PORT is "70000"/],
    [{}, ["--frsh"], /unknown argument --frsh/],
  ])("%j %j is refused with the reason", (environment, args, reason) => {
    expect(() => readSettings(environment, args)).toThrow(reason);
  });
});

describe("the state directory", () => {
  const settings = { ...readSettings({}, []), stateDirectory: mkdtempSync(join(tmpdir(), "breakwater-lock-")) };
  const file = join(settings.stateDirectory, "running.pid");

  test("of a shop that runs is not taken by a second one, which is told how to have its own", () => {
    writeFileSync(file, String(process.ppid));
    const own = /process \d+ .* PORT=8788 STRIPE_STANDIN_PORT=12112 STATE_DIR=\.state-8788 npm start/;
    expect(() => takeState(settings)).toThrow(own);
    expect(readFileSync(file, "utf8")).toBe(String(process.ppid));
    // What it is told to use is no more part of the repository than `.state` is.
    const { status } = spawnSync("git", ["check-ignore", "--quiet", ".state-8788/seed.json"], { cwd: ROOT });
    expect(status).toBe(0);
  });

  test.each(["999999999", "", "none"])("of one that was killed is taken over (%j)", (left) => {
    writeFileSync(file, left);
    takeState(settings);
    expect(readFileSync(file, "utf8")).toBe(String(process.pid));
  });
});

describe("the demo shop", () => {
  const newSeed = () => ({ seed: join(mkdtempSync(join(tmpdir(), "breakwater-seed-")), "seed.json") });

  test("of a first start that was killed right after the products came in is loaded by the next one, and so gets its stock", async () => {
    const state = newSeed();
    let products = 0;
    const catalog = { count: async () => products, insert: async () => void (products = 86) };
    const killed = { ...catalog, insert: () => catalog.insert().then(() => Promise.reject(new Error("killed"))) };
    await expect(seedProducts(state, killed)).rejects.toThrow("killed");
    expect(products).toBe(86);
    expect(await seedProducts(state, catalog)).toBe("products");
  });

  test("is not put beside products of your own, now or later", async () => {
    const state = newSeed();
    const insert = () => Promise.reject(new Error("nothing is to be inserted"));
    expect(await seedProducts(state, { count: async () => 3, insert })).toBe("own");
    expect(await seedProducts(state, { count: async () => 0, insert })).toBe("own");
  });
});

describe("log", () => {
  test("a structured line becomes one short line with its Worker's name", () => {
    const line =
      '[breakwater-payments] {"level":"warn","event":"charge_declined","orderId":"ord_1","at":"2026-01-01T00:00:00Z"}';
    expect(shorten(line, true)).toBe("payments   warn  charge_declined orderId=ord_1");
    expect(shorten('[breakwater] {"level":"info","event":"request","status":200}', true)).toBe(
      "storefront info  request status=200",
    );
  });

  test.each([
    "[wrangler:info] GET /healthz 200 OK (3ms)",
    "env.CART (Cart, defined in breakwater-objects)    Durable Object   local [connected]",
    "breakwater-ops has access to the following bindings:",
    "[wrangler:warn] Unable to fetch the `Request.cf` object! Falling back to a default placeholder...",
    "",
  ])("wrangler's own %j is left out", (line) => {
    expect(shorten(line, true)).toBeUndefined();
  });

  test("an error is shown with its stack, before and after the shop is ready, and the last lines are kept", () => {
    const shown: string[] = [];
    const view = new LogView((line) => shown.push(line));
    for (const line of [
      "⎔ Starting local server...",
      "✘ [ERROR] Build failed",
      "    at x.ts:1",
      "[wrangler:info] fine",
      "    of it",
    ]) {
      view.line(line);
    }
    expect(shown).toEqual(["✘ [ERROR] Build failed", "    at x.ts:1"]);
    expect(view.lastLines()).toContain("Starting local server");
  });
});

test("the welcome has a session to paste that buys the given products", () => {
  const text = welcome(readSettings({ PORT: "9000" }, []), ["A-1", "B-2"]);
  expect(text).toContain("Ready on http://localhost:9000");
  expect(text).toContain('"sku":"A-1"');
  expect(text).toContain("/checkout");
});
