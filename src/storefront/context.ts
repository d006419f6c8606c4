import type { Context } from "hono";
import type { Fence } from "../domain/guard/lease.ts";

/** What Hono carries through every handler of the storefront. */
export interface StorefrontContext {
  Bindings: StorefrontEnv & {
    /** A mirrored request: it computes what it would answer, and has no effect that anybody could notice. */
    readonly DRY_RUN?: true;
  };
  Variables: {
    requestId: string;
    /** The epoch that this write was decided under, on a guarded path. */
    fence?: Fence;
    /** Whether a call that may write has been begun. From then on nobody else may do the same. */
    hasBegun?: boolean;
    /** How many lines of a cart there are to be sold. */
    lines?: number;
    /** The answer is the monolith's, and stays as it is. */
    isProxied?: boolean;
    /** The monolith was asked, whether or not it answered: what the client is told says nothing about a path of ours. */
    wentToLegacy?: boolean;
  };
}
export type C = Context<StorefrontContext>;
