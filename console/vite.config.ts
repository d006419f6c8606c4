import { defineConfig } from "vite";

/** The shop that `npx vite console` shows while the console is worked on. */
const SHOP = process.env["SHOP"] ?? "http://localhost:8787";

export default defineConfig({
  base: "/ops/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2023",
    // The content security policy lets data be an image and nothing else, so nothing else is inlined.
    assetsInlineLimit: (file) => (file.endsWith(".svg") ? undefined : false),
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/admin": { target: SHOP, ws: true }, "/images": SHOP } },
});
