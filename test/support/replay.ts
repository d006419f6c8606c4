import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** What a property that failed had printed; empty when properties choose at random, as they should. */
    readonly replay: { readonly seed: string; readonly path: string };
  }
}

/** `SEED=-16881964 SEED_PATH=0:0:0 npx vitest run <file>` plays a property that failed again; without the path from its beginning. */
const { seed, path } = inject("replay");
if (seed !== "") {
  const { default: fc } = await import("fast-check");
  fc.configureGlobal({ seed: Number(seed), ...(path !== "" && { path, endOnFailure: true }) });
}
