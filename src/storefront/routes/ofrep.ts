import { Hono } from "hono";
import * as z from "zod";
import { fingerprintOfParts } from "../../domain/fingerprint.ts";
import { featureFlags, type FlagDefinition, findFlag, PATH_FLAGS } from "../../domain/guard/definitions.ts";
import { isOnNewPath, type Lease } from "../../domain/guard/lease.ts";
import { BUCKETS } from "../../domain/guard/bucket.ts";
import { LIMITS } from "../../domain/limits.ts";
import { isAmong } from "../../platform/entity-tags.ts";
import { readJson } from "../../platform/http.ts";
import type { C, StorefrontContext } from "../context.ts";
import { leaseOn } from "../rollout/leases.ts";

/**
 * The flags over the OpenFeature Remote Evaluation Protocol, for any OpenFeature client. The value says whether the new variant is to be used. Answered from
 * what this isolate was granted, so it is as old as a lease may be, and safe when no coordinator answers.
 * Source: https://github.com/open-feature/protocol (service/openapi.yaml, 0.2.0)
 */
export const ofrep = new Hono<StorefrontContext>()
  .post("/", async (c) => {
    const subject = await targetingKeyOf(c);
    if (subject instanceof Response) return subject;
    const flags = await Promise.all(
      [...PATH_FLAGS, ...featureFlags(c.env.FEATURE_FLAGS)].map(async (flag) =>
        evaluate(flag, await leaseFor(c, flag), subject),
      ),
    );
    const etag = `"${fingerprintOfParts([JSON.stringify(flags)])}"`;
    if (isAmong(etag, c.req.header("if-none-match"))) return c.body(null, 304, { etag });
    return c.json({ flags }, 200, { etag });
  })
  .post("/:key", async (c) => {
    const key = c.req.param("key");
    const flag = findFlag(key, featureFlags(c.env.FEATURE_FLAGS));
    if (!flag)
      return c.json({ key, errorCode: "FLAG_NOT_FOUND", errorDetails: "There is no flag with this key." }, 404);
    const subject = await targetingKeyOf(c);
    if (subject instanceof Response) return subject;
    const evaluation = evaluate(flag, await leaseFor(c, flag), subject);
    return c.json(evaluation, "errorCode" in evaluation ? 400 : 200);
  });

const contextSchema = z.object({
  context: z.looseObject({ targetingKey: z.string().min(1).max(LIMITS.nameChars).optional() }).default({}),
});

async function targetingKeyOf(c: C): Promise<string | undefined | Response> {
  const body = await readJson(c.req.raw, contextSchema, LIMITS.bodyBytes);
  if (body.ok) return body.value.context.targetingKey;
  const errorCode = body.reason === "validation_failed" ? "INVALID_CONTEXT" : "PARSE_ERROR";
  return c.json(
    { key: c.req.param("key") ?? "", errorCode, errorDetails: "The body must be { context: { targetingKey } }." },
    400,
  );
}

/** A path without a monolith behind it is at 100 %: there is nothing else. */
async function leaseFor(c: C, { key, kind }: FlagDefinition): Promise<Lease> {
  if (kind === "path" && c.env.LEGACY_ORIGIN === "") {
    return { key, state: "complete", epoch: 0, share: BUCKETS, mirrored: false, fault: null };
  }
  return leaseOn(c.env, key, (work) => c.executionCtx.waitUntil(work));
}

function evaluate({ key, variants }: FlagDefinition, lease: Lease, subject: string | undefined) {
  const isSplit = lease.share > 0 && lease.share < BUCKETS;
  if (isSplit && subject === undefined) {
    return { key, errorCode: "TARGETING_KEY_MISSING", errorDetails: "The share of this flag needs to know for whom." };
  }
  const isFresh = lease.share === BUCKETS || (isSplit && isOnNewPath(lease, subject ?? ""));
  return {
    key,
    value: isFresh,
    variant: isFresh ? variants.fresh : variants.safe,
    reason: isSplit ? "SPLIT" : lease.share === 0 ? "DISABLED" : "STATIC",
    metadata: { epoch: lease.epoch, state: lease.state, share_percent: lease.share / 100 },
  };
}
