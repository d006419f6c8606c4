import type { Context } from "hono";

/** What Hono carries through every handler of the storefront. */
export interface StorefrontContext {
  Bindings: StorefrontEnv;
  Variables: { requestId: string };
}
export type C = Context<StorefrontContext>;
