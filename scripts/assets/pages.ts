import type { Page } from "./page.ts";

/** The operator's console. Part of `public/`, so it is deployed with the storefront and served from its assets at /ops. */
export const CONSOLE: Page = {
  name: "console",
  root: "console",
  output: "public/ops",
  sources: [
    "console",
    "src/domain/age.ts",
    "src/domain/currency.ts",
    "src/domain/live.ts",
    "src/domain/limits.ts",
    "src/domain/local-day.ts",
    "src/domain/alerts/metrics.ts",
    "src/domain/board/change.ts",
    "src/domain/guard/tone.ts",
  ],
};

/** The demo shop at `/`. */
export const SHOP: Page = {
  name: "shop",
  root: "dev/shop",
  output: "dist/shop",
  sources: ["dev/shop", "src/domain/currency.ts"],
};

/** Pages for local work only: `npm start` lays them over `public/`, a deployment never sees them. */
export const LOCAL_PAGES: readonly Page[] = [SHOP];
