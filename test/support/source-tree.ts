import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { ROOT } from "../../scripts/wrangler.ts";

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly file: string;
  /** A path in the repository for relative imports, the package's name for others. */
  readonly target: string;
  /** Gone after compilation. `import { type X }` is not: the module is still loaded. */
  readonly typeOnly: boolean;
}

const BINARY = /\.(?:png|jpe?g|gif|ico|woff2?|pdf)$/;

/** Everything that is in the repository or would be added to it. */
export function repositoryFiles(): SourceFile[] {
  const list = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: ROOT });
  return list
    .toString("utf8")
    .split("\0")
    .filter(
      (path) => path !== "" && !BINARY.test(path) && statSync(join(ROOT, path), { throwIfNoEntry: false })?.isFile(),
    )
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}

const IMPORT = /^\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)";?/gm;
const DYNAMIC_IMPORT = /(?<![.\w])import\(\s*"([^"]+)"\s*\)(\.\w+)?/g;

export function importsOf({ path, text }: SourceFile): Import[] {
  const resolve = (target: string): string =>
    target.startsWith(".") ? posix.normalize(posix.join(dirname(path).replaceAll("\\", "/"), target)) : target;
  const fixed = [...text.matchAll(IMPORT)].map(([, type, target = ""]) => ({
    file: path,
    target: resolve(target),
    typeOnly: type !== undefined,
  }));
  // `import("./x.ts").Name` is a type; anything else loads the module.
  const dynamic = [...text.matchAll(DYNAMIC_IMPORT)].map(([, target = "", member]) => ({
    file: path,
    target: resolve(target),
    typeOnly: member !== undefined && member !== ".then",
  }));
  return [...fixed, ...dynamic];
}

/** The text with comments blanked out, lines kept: rules about code are not about what is said of it. */
export function withoutComments(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, " "))
    .replaceAll(/(^|[\s;{}(,])\/\/[^\n]*/g, "$1");
}

/** `path:line` of every match, for a message that can be clicked. */
export function matchesIn({ path, text }: SourceFile, pattern: RegExp): string[] {
  return text
    .split("\n")
    .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 120)}`] : []));
}
