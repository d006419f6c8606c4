import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from "jose";
import * as z from "zod";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { log } from "../../platform/log.ts";
import type { Actor } from "../context.ts";
import { SCOPES } from "./scopes.ts";

/** Where Access puts its token, whatever a browser sends as a cookie. */
export const ACCESS_HEADER = "cf-access-jwt-assertion";

export interface AccessSettings {
  /** Such as `example.cloudflareaccess.com`. */
  readonly teamDomain: string;
  /** The application's AUD tag: a token for another application of the team is none for us. */
  readonly audience: string;
  /** See `scopesOf`. */
  readonly scopes: string;
}

export type AccessRefusal = { readonly reason: "invalid" } | { readonly reason: "unavailable" };

/** A person has an email, a service token the client id in `common_name` (and an empty `sub`). */
const claimsSchema = z.object({
  email: z.email().max(254).optional(),
  common_name: z.string().min(1).max(254).optional(),
  exp: z.number(),
});

/** What makes a token wrong, as opposed to what keeps us from telling. */
const WRONG = [
  errors.JWTClaimValidationFailed,
  errors.JWTExpired,
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
];

/** Nothing unless both are set: a half configured Access must not let anybody in, and keys work all the same. */
export function accessSettings(env: OpsEnv): AccessSettings | undefined {
  const { ACCESS_TEAM_DOMAIN: teamDomain, ACCESS_AUD: audience, ACCESS_SCOPES: scopes } = env;
  return teamDomain && audience ? { teamDomain, audience, scopes } : undefined;
}

/**
 * Who has come through Cloudflare Access, by the token that it adds: signed by the team's current or previous key (RS256), issued by the team, for
 * this application, and not expired. https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/validating-json/
 */
export async function accessActor(
  token: string,
  { teamDomain, audience, scopes }: AccessSettings,
  keys: JWTVerifyGetKey = keysOf(teamDomain),
  now: Date = new Date(),
): Promise<Result<Actor, AccessRefusal>> {
  const issuer = `https://${teamDomain}`;
  try {
    const options = { issuer, audience, algorithms: ["RS256"], currentDate: now, requiredClaims: ["exp"] };
    const claims = claimsSchema.safeParse((await jwtVerify(token, keys, options)).payload);
    const who = claims.data?.email?.toLowerCase() ?? (claims.data && serviceName(claims.data.common_name));
    if (!claims.success || who === undefined) return refuse({ reason: "invalid" });
    const actor = { id: `access:${who}`, name: who, scopes: scopesOf(scopes, who) };
    return ok({ ...actor, via: "access", expiresAt: claims.data.exp * 1_000 });
  } catch (error) {
    if (WRONG.some((wrong) => error instanceof wrong)) return refuse({ reason: "invalid" });
    log("error", "access_keys_unavailable", { issuer, error: String(error) });
    return refuse({ reason: "unavailable" });
  }
}

const serviceName = (commonName: string | undefined): string | undefined =>
  commonName === undefined ? undefined : `service:${commonName}`;

const keySets = new Map<string, JWTVerifyGetKey>();

/** jose keeps the keys for ten minutes, asks again for an unknown one at most every 30 s, and shares no promise between requests in workerd. */
function keysOf(teamDomain: string): JWTVerifyGetKey {
  const kept = keySets.get(teamDomain);
  if (kept) return kept;
  const made = createRemoteJWKSet(new URL(`https://${teamDomain}/cdn-cgi/access/certs`));
  keySets.set(teamDomain, made);
  return made;
}

/**
 * What `ACCESS_SCOPES` gives to somebody: entries `who=scope,scope` separated by semicolons, where `who` is an email address, `*@domain`, `*` for
 * everybody whom Access lets in, or `service:<client id>`. All entries that match add up; what is not a scope is ignored and logged.
 */
export function scopesOf(mapping: string, who: string): string[] {
  const granted = new Set<string>();
  for (const entry of mapping.split(";")) {
    const [pattern = "", list = ""] = entry.split("=").map((part) => part.trim());
    if (pattern === "" || !matches(pattern.toLowerCase(), who.toLowerCase())) continue;
    for (const scope of list.split(",").map((part) => part.trim())) {
      if (SCOPES.some((known) => known === scope)) granted.add(scope);
      else log("warn", "access_scope_unknown", { pattern, scope });
    }
  }
  return [...granted].sort();
}

function matches(pattern: string, who: string): boolean {
  if (pattern === "*") return true;
  // Of an address, the part after its last @: what stands before it is the person's own choice.
  if (pattern.startsWith("*@"))
    return !who.startsWith("service:") && who.slice(who.lastIndexOf("@")) === pattern.slice(1);
  return pattern === who;
}
