import { defineConfig, type Plugin } from "vite";
import { PAGES } from "./routing/route.ts";

/** The shop that `npx vite dev/shop` shows while its page is worked on. */
const SHOP = process.env["SHOP"] ?? "http://localhost:8787";

/** Our own script and style and nothing inline. Pictures of a catalog may be anywhere. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; connect-src 'self'; base-uri 'none'; form-action 'self'";

export default defineConfig({
  base: "/",
  plugins: [withPolicy(), aFilePerPage()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2023",
    // Apart from what the API, the console and the reference page have.
    assetsDir: "shop",
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/v1": SHOP, "/images": SHOP, "/docs": SHOP, "/vendor": SHOP, "/ops": SHOP } },
});

/** In the page itself, because it is more than one file; and not while it is worked on, when Vite puts styles into it. */
function withPolicy(): Plugin {
  return {
    name: "with-policy",
    apply: "build",
    transformIndexHtml: () => [
      { tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content: POLICY }, injectTo: "head-prepend" },
    ],
  };
}

/** `/cart` is `cart.html`: the asset server answers it with 200, and no rule for unknown paths is needed. */
function aFilePerPage(): Plugin {
  return {
    name: "a-file-per-page",
    enforce: "post",
    generateBundle(_options, bundle) {
      const shell = bundle["index.html"];
      if (shell?.type !== "asset") throw new Error("the shell was not built");
      for (const page of PAGES) {
        if (page !== "") this.emitFile({ type: "asset", fileName: `${page}.html`, source: shell.source });
      }
    },
  };
}
