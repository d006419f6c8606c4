import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { layOver } from "../../scripts/assets/local.ts";
import { buildPage, filesBelow } from "../../scripts/assets/page.ts";
import { CONSOLE } from "../../scripts/assets/pages.ts";
import { deriveConfigs } from "../../scripts/config.ts";
import { ROOT } from "../../scripts/wrangler.ts";
import { importsOf, repositoryFiles } from "../support/source-tree.ts";

/** Goal: what is served as files is complete and small, local pages never reach a deployment, and a second start builds nothing. */
const CONSOLE_LIMIT_BYTES = 60 * 1024;

describe("the built console", () => {
  const output = join(ROOT, CONSOLE.output);
  beforeAll(() => buildPage(CONSOLE));

  test(`is at most ${CONSOLE_LIMIT_BYTES / 1024} KiB of JavaScript over the wire`, () => {
    const scripts = filesBelow(output).filter((path) => path.endsWith(".js"));
    const bytes = scripts.reduce((sum, path) => sum + gzipSync(readFileSync(path)).byteLength, 0);
    expect(scripts.length).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(CONSOLE_LIMIT_BYTES);
  });

  test("is not built again while its sources are the same", async () => {
    expect(await buildPage(CONSOLE)).toBe(false);
  });

  test("is built again when anything changes that it is made of", () => {
    const files = new Map(repositoryFiles().map((file) => [file.path, file]));
    const partsOf = (path: string): string[] => {
      const file = files.get(path);
      const loaded = file
        ? importsOf(file).filter(({ typeOnly, target }) => !typeOnly && target.startsWith("src/"))
        : [];
      return loaded.flatMap(({ target }) => [target, ...partsOf(target)]);
    };
    const parts = new Set([...files.keys()].filter((path) => path.startsWith("console/")).flatMap(partsOf));
    expect(parts.size).toBeGreaterThan(0);
    expect([...parts].filter((path) => !CONSOLE.sources.includes(path))).toEqual([]);
  });

  test("carries no script and no style in its HTML, which its policy would block, and names nothing on another host", () => {
    const html = readFileSync(join(output, "index.html"), "utf8");
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*\ssrc=)|\son\w+=|https?:/);
    const policy = /\/ops\/\*\n\s+Content-Security-Policy: (.*)/.exec(
      readFileSync(join(ROOT, "public/_headers"), "utf8"),
    );
    expect(policy?.[1]).toContain("script-src 'self'; style-src 'self';");
  });

  test("names its scripts and styles by their content, so that they may be cached for ever", () => {
    const names = filesBelow(output).map((path) => path.slice(output.length + 1));
    const unhashed = names.filter((name) => name !== "index.html" && !/^assets\/[\w-]+-[\w-]{8}\.\w+$/.test(name));
    expect(unhashed).toEqual([]);
  });
});

describe("the folder for local work", () => {
  function folder(files: Readonly<Record<string, string>>): string {
    const path = mkdtempSync(join(tmpdir(), "assets-"));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), text);
    }
    return path;
  }

  test("holds what is deployed with the local pages on top, the headers of both, and nothing that is gone", () => {
    const deployed = folder({ "a.txt": "deployed", "images/b.svg": "<svg/>", _headers: "/a\n  X: 1" });
    const local = folder({ "index.html": "shop", "a.txt": "local one", _headers: "/b\n  Y: 2" });
    const target = folder({ "old/gone.js": "1" });
    layOver([deployed, local], target);
    expect(readFileSync(join(target, "a.txt"), "utf8")).toBe("local one");
    expect(readFileSync(join(target, "_headers"), "utf8")).toBe("/a\n  X: 1\n/b\n  Y: 2");
    expect(filesBelow(target).map((path) => path.slice(target.length + 1))).toEqual(
      ["_headers", "a.txt", "images/b.svg", "index.html"].toSorted(),
    );
    expect(existsSync(join(target, "old"))).toBe(false);
    expect(existsSync(join(deployed, "index.html"))).toBe(false);
  });

  test("is not touched where nothing changed, because wrangler reloads on every write", () => {
    const deployed = folder({ "a.txt": "1", _headers: "/a\n  X: 1" });
    const target = folder({});
    const changes = (): number[] => filesBelow(target).map((path) => statSync(path).ctimeMs);
    layOver([deployed], target);
    const before = changes();
    layOver([deployed], target);
    expect(changes()).toEqual(before);
    expect(before).toHaveLength(2);
  });

  test("replaces the folder of the storefront in a local config, and of a deployment's it does not", () => {
    const directory = mkdtempSync(join(tmpdir(), "config-"));
    const served = (path: string): unknown => JSON.parse(readFileSync(path, "utf8")).assets?.directory;
    expect(served(deriveConfigs({ directory, assets: "/elsewhere" }).storefront)).toBe("/elsewhere");
    const deployed = deriveConfigs({ directory });
    expect(served(deployed.storefront)).toBe(join(ROOT, "public"));
    expect(served(deployed.ops)).toBeUndefined();
  });
});
