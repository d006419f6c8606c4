import * as z from "zod";
import { SHADOW_RUNG } from "./ladder.ts";

/** A flag as the code or the configuration defines it. What it does at the moment is its coordinator's to say. */
export interface FlagDefinition {
  readonly key: string;
  readonly title: string;
  /** `path`: a write path that the monolith is the safe variant of. `feature`: one of the shop's own, with a safe variant by name. */
  readonly kind: "path" | "feature";
  readonly variants: { readonly fresh: string; readonly safe: string };
}

/** The write paths that can be taken from a monolith, each guarded on its own. Which requests belong to which: src/storefront/rollout/paths.ts. */
export const PATH_FLAGS = [
  path("cart.write", "Creating and changing carts"),
  path("checkout.write", "Checking out a cart"),
  path("payment.webhook", "Taking in the payment provider's webhooks"),
] as const satisfies readonly FlagDefinition[];
export type PathFlag = (typeof PATH_FLAGS)[number]["key"];

function path<const Key extends string>(key: Key, title: string): FlagDefinition & { readonly key: Key } {
  return { key, title, kind: "path", variants: { fresh: "edge", safe: "legacy" } };
}

const FEATURES_MAX = 50;
const variant = z.string().regex(/^[\w.-]{1,64}$/);
export const flagKeySchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_.-]{0,63}$/, "must be lower-case letters, digits, '.', '_' and '-'");
const featuresSchema = z
  .array(z.strictObject({ key: flagKeySchema, title: z.string().max(200).default(""), fresh: variant, safe: variant }))
  .max(FEATURES_MAX);

/** The shop's own flags, from the variable `FEATURE_FLAGS`. Throws on one that cannot be read: a flag must not vanish because of a comma. */
export function featureFlags(json: string): FlagDefinition[] {
  return featuresSchema
    .parse(JSON.parse(json === "" ? "[]" : json))
    .map(({ key, title, fresh, safe }) => ({ key, title, kind: "feature", variants: { fresh, safe } }));
}

export const findFlag = (key: string, features: readonly FlagDefinition[]): FlagDefinition | undefined =>
  [...PATH_FLAGS, ...features].find((flag) => flag.key === key);

/** What can be mirrored without effects begins in the shadow, everything else with the first share. */
export const firstRungOf = ({ kind }: FlagDefinition): number => (kind === "path" ? SHADOW_RUNG : SHADOW_RUNG + 1);
