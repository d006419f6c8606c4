import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { CATEGORIES } from "../../dev/shop/catalog/category-names.ts";
import { CART, CHECKOUT, PAGES, pathOf, routeOf, toOrder, toProduct, toShop } from "../../dev/shop/routing/route.ts";
import { buildPage, filesBelow } from "../../scripts/assets/page.ts";
import { CONSOLE, SHOP } from "../../scripts/assets/pages.ts";
import { ROOT } from "../../scripts/wrangler.ts";

/** Goal: the demo shop is small, needs nothing from elsewhere, can be reloaded on every page, and is no part of a deployment. */
const SCRIPT_LIMIT_BYTES = 40 * 1024;
const STYLE_LIMIT_BYTES = 10 * 1024;

describe("the built demo shop", () => {
  const output = join(ROOT, SHOP.output);
  beforeAll(() => buildPage(SHOP));

  const gzipped = (ending: string): number =>
    filesBelow(output)
      .filter((path) => path.endsWith(ending))
      .reduce((sum, path) => sum + gzipSync(readFileSync(path)).byteLength, 0);

  test(`is at most ${SCRIPT_LIMIT_BYTES / 1024} KiB of JavaScript over the wire, all pages together`, () => {
    expect(gzipped(".js")).toBeGreaterThan(5_000);
    expect(gzipped(".js")).toBeLessThanOrEqual(SCRIPT_LIMIT_BYTES);
    expect(gzipped(".css")).toBeLessThanOrEqual(STYLE_LIMIT_BYTES);
  });

  test("has a file for every page, so that a reload finds it without a rule for unknown paths", () => {
    const shell = readFileSync(join(output, "index.html"), "utf8");
    for (const page of PAGES) {
      expect(readFileSync(join(output, `${page === "" ? "index" : page}.html`), "utf8")).toBe(shell);
    }
    const linked = [toShop(), toProduct("A"), CART, CHECKOUT, toOrder("ord_1")].map(
      (path) => new URL(path, "http://shop").pathname,
    );
    expect(linked).toEqual(PAGES.map((page) => `/${page}`));
  });

  test("has nothing inline, says so in its policy, and names no other host", () => {
    const html = readFileSync(join(output, "index.html"), "utf8");
    expect(html).not.toMatch(/<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=|(?:src|href)="(?:https?:)?\/\//);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1]?.replaceAll("&#39;", "'");
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
    expect(policy).not.toContain("unsafe");
    const styles = filesBelow(output).filter((path) => path.endsWith(".css"));
    expect(styles.flatMap((path) => /url\(["']?(?:https?:)?\/\//.exec(readFileSync(path, "utf8")) ?? [])).toEqual([]);
  });

  test("is built for production whoever builds it, as the console is: no development code, no path of this machine", async () => {
    for (const page of [SHOP, CONSOLE]) {
      await buildPage(page);
      const scripts = filesBelow(join(ROOT, page.output)).filter((path) => path.endsWith(".js"));
      const text = scripts.map((path) => readFileSync(path, "utf8")).join("\n");
      expect(text).not.toContain(ROOT);
      expect(text).not.toMatch(/lineNumber|jsxDEV/);
    }
  });

  test("lies outside of what a deployment uploads", () => {
    expect(SHOP.output).toBe("dist/shop");
    const deployed = filesBelow(join(ROOT, "public")).map((path) => path.slice(ROOT.length));
    expect(deployed.filter((path) => path === "public/index.html" || path.startsWith("public/shop/"))).toEqual([]);
  });
});

describe("the addresses of the shop", () => {
  test("lead back to the page that they were made for", () => {
    const routes = [
      { page: "shop", category: "sun-care", q: "spf 30 & more" },
      { page: "product", sku: "TIDE-SERUM-30" },
      { page: "cart" },
      { page: "checkout" },
      { page: "order", id: "ord_1", attempt: "" },
      { page: "order", id: "", attempt: "key" },
    ] as const;
    for (const route of routes) expect(routeOf(new URL(pathOf(route), "http://shop"))).toEqual(route);
  });

  test("that are not of the shop are said to be missing", () => {
    expect(routeOf(new URL("http://shop/nowhere"))).toEqual({ page: "missing" });
    expect(routeOf(new URL("http://shop/product"))).toEqual({ page: "missing" });
  });
});

test("the categories that can be chosen are those of the demo catalog", () => {
  const catalog = JSON.parse(readFileSync(join(ROOT, "dev/catalog.json"), "utf8")) as {
    products: { category: string }[];
  };
  const used = new Set(catalog.products.map(({ category }) => category));
  expect(Object.keys(CATEGORIES).toSorted()).toEqual([...used].toSorted());
});
