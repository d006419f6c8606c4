/**
 * Goal: whoever Cloudflare Access lets in is who the token says, and may do what the mapping says. Threat: a token of another team, another
 * application, another key or another time; a page of another site that acts with the person's cookie.
 */
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { ACCESS_HEADER, accessActor, accessSettings, scopesOf } from "../../src/ops/access/cloudflare-access.ts";
import { app } from "../../src/ops/app.ts";

const TEAM = "team.cloudflareaccess.com";
const AUD = "aud-of-the-console";
const SCOPES =
  "*@example.com=analytics:read; ada@example.com=orders:read, orders:write; service:bot.access=metrics:read";
const settings = { teamDomain: TEAM, audience: AUD, scopes: SCOPES };
const NOW = new Date("2026-11-27T12:00:00Z");

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let [ours, foreign]: [Pair, Pair] = [undefined, undefined] as never;
let jwks: { keys: Awaited<ReturnType<typeof exportJWK>>[] };
let keys: ReturnType<typeof createLocalJWKSet>;
beforeAll(async () => {
  [ours, foreign] = await Promise.all([generateKeyPair("RS256"), generateKeyPair("RS256")]);
  jwks = { keys: [{ ...(await exportJWK(ours.publicKey)), kid: "k1", alg: "RS256" }] };
  keys = createLocalJWKSet(jwks);
});
afterEach(() => vi.unstubAllGlobals());

interface Token {
  readonly claims?: Record<string, unknown>;
  readonly issuer?: string;
  readonly audience?: string[];
  readonly expiresAt?: Date | null;
  readonly notBefore?: Date;
  readonly kid?: string;
  readonly key?: Pair;
}

const HOUR_MS = 3_600_000;

function token({ claims = { email: "Ada@Example.com" }, ...rest }: Token = {}, now = NOW): Promise<string> {
  const { issuer = `https://${TEAM}`, audience = [AUD], kid = "k1", key = ours, expiresAt, notBefore } = rest;
  const jwt = new SignJWT({ type: "app", ...claims }).setProtectedHeader({ alg: "RS256", kid });
  jwt.setIssuer(issuer).setAudience(audience).setIssuedAt(now);
  if (expiresAt !== null) jwt.setExpirationTime(expiresAt ?? new Date(now.getTime() + HOUR_MS));
  if (notBefore) jwt.setNotBefore(notBefore);
  return jwt.sign(key.privateKey);
}

describe("a token", () => {
  test("names a person, what they may do, and until when", async () => {
    expect(await accessActor(await token(), settings, keys, NOW)).toEqual({
      ok: true,
      value: {
        id: "access:ada@example.com",
        name: "ada@example.com",
        scopes: ["analytics:read", "orders:read", "orders:write"],
        via: "access",
        expiresAt: NOW.getTime() + HOUR_MS,
      },
    });
  });

  test("of a service is known by its client id, which no person can take", async () => {
    const service = await token({ claims: { common_name: "bot.access", sub: "" } });
    expect(await accessActor(service, settings, keys, NOW)).toMatchObject({
      value: { id: "access:service:bot.access", scopes: ["metrics:read"] },
    });
    const person = await token({ claims: { email: "service:bot.access" } });
    expect(await accessActor(person, settings, keys, NOW)).toEqual({ ok: false, reason: "invalid" });
  });

  test.each<[string, () => Promise<string>]>([
    ["another team", () => token({ issuer: "https://other.cloudflareaccess.com" })],
    ["another application", () => token({ audience: ["aud-of-another"] })],
    ["a key that is not the team's", () => token({ key: foreign })],
    ["an unknown key", () => token({ kid: "k2" })],
    ["yesterday", () => token({ expiresAt: new Date(NOW.getTime() - 1_000) })],
    ["tomorrow", () => token({ notBefore: new Date(NOW.getTime() + HOUR_MS) })],
    ["no end", () => token({ expiresAt: null })],
    ["nobody", () => token({ claims: {} })],
    ["no token at all", () => Promise.resolve("not.a.token")],
  ])("of %s lets nobody in", async (_what, make) => {
    expect(await accessActor(await make(), settings, keys, NOW)).toEqual({ ok: false, reason: "invalid" });
  });

  test("that is not signed, or signed with the public key as a secret, lets nobody in", async () => {
    const [head = "", body = ""] = (await token()).split(".");
    const none = `${btoa('{"alg":"none"}').replaceAll("=", "")}.${body}.`;
    const secret = new TextEncoder().encode(JSON.stringify(jwks.keys[0]));
    const hmac = await new SignJWT({ email: "ada@example.com" })
      .setProtectedHeader({ alg: "HS256", kid: "k1" })
      .setIssuer(`https://${TEAM}`)
      .setAudience(AUD)
      .setExpirationTime(new Date(NOW.getTime() + HOUR_MS))
      .sign(secret);
    for (const forged of [none, `${head}.${body}.`, hmac]) {
      expect(await accessActor(forged, settings, keys, NOW)).toEqual({ ok: false, reason: "invalid" });
    }
  });

  test("that cannot be checked is no wrong token: the caller may try again", async () => {
    const unreachable = (): never => {
      throw new TypeError("fetch failed");
    };
    expect(await accessActor(await token(), settings, unreachable, NOW)).toEqual({ ok: false, reason: "unavailable" });
  });
});

describe("the mapping", () => {
  test.each([
    ["ada@example.com", ["analytics:read", "orders:read", "orders:write"]],
    ["bob@example.com", ["analytics:read"]],
    ["eve@evil.com", []],
    ["eve@example.com@evil.com", []],
    ["example.com", []],
    ["service:x@example.com", []],
  ])("gives %s %j", (who, scopes) => expect(scopesOf(SCOPES, who)).toEqual(scopes));

  test("gives nothing where there is nothing, and ignores what is not a scope", () => {
    expect(scopesOf("", "ada@example.com")).toEqual([]);
    expect(scopesOf("*=everything,metrics:read;=*;ada@example.com", "ada@example.com")).toEqual(["metrics:read"]);
    expect(scopesOf("*=*", "service:any")).toEqual(["*"]);
  });

  test("half a configuration is none", () => {
    // SAFETY: only these variables are read.
    const env = (vars: Partial<OpsEnv>) => ({ ACCESS_TEAM_DOMAIN: "", ACCESS_AUD: "", ...vars }) as OpsEnv;
    expect(accessSettings(env({ ACCESS_TEAM_DOMAIN: TEAM }))).toBeUndefined();
    expect(accessSettings(env({ ACCESS_AUD: AUD }))).toBeUndefined();
  });
});

describe("the admin API behind Access", () => {
  const HOST = "https://shop.example.com";
  // SAFETY: what these requests reach reads these variables and nothing else.
  const env = {
    ACCESS_TEAM_DOMAIN: TEAM,
    ACCESS_AUD: AUD,
    ACCESS_SCOPES: SCOPES,
    CONSOLE_ORIGINS: "https://console.example.com",
  } as OpsEnv;
  const ask = async (path: string, own: [string, string][] = [], method = "GET") => {
    vi.stubGlobal("fetch", async (url: string) => {
      expect(url).toBe(`https://${TEAM}/cdn-cgi/access/certs`);
      return Response.json(jwks);
    });
    const headers = new Headers([["host", "shop.example.com"], [ACCESS_HEADER, await token({}, new Date())], ...own]);
    return app.request(`${HOST}/admin/v1${path}`, { method, headers }, env);
  };

  test("tells a person who they are", async () => {
    const answer = await ask("/session");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      id: "access:ada@example.com",
      via: "access",
      scopes: expect.any(Array),
    });
  });

  test("refuses what their scopes do not say", async () => {
    expect((await ask("/dead-letters")).status).toBe(403);
  });

  test.each<[string, string, string]>([
    ["a page of another site", "origin", "https://evil.example"],
    ["a page in a sandbox", "origin", "null"],
    ["another site's form, without an origin", "sec-fetch-site", "cross-site"],
  ])("lets %s change nothing in their name", async (_what, name, value) => {
    const answer = await ask("/orders/ord_1/cancel", [[name, value]], "POST");
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: "origin_not_allowed" });
  });

  test.each(["https://evil.example", "http://shop.example.com.evil.example"])(
    "opens no live socket for a page of %s",
    async (origin) => {
      const upgrade: [string, string] = ["upgrade", "websocket"];
      expect((await ask("/live", [["origin", origin], upgrade])).status).toBe(403);
    },
  );
});
