import type * as z from "zod";

/** Where a value is not what its schema says, in words that a person can act on. */
export interface Mismatch {
  /** An RFC 6901 pointer, `""` for the whole value. */
  readonly path: string;
  readonly expected: string;
  /** What is there instead: its type, and the beginning of a text or a number. */
  readonly actual: string;
}

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

const ISSUES_MAX = 5;
const VALUE_CHARS = 60;
const EXPECTED_CHARS = 300;

/** The first few differences between `value` and the schema that refused it. `at` is where in a larger document the value was found. */
export function mismatchesOf(error: z.ZodError, value: unknown, at: Path = []): Mismatch[] {
  return error.issues.slice(0, ISSUES_MAX).map((found) => {
    const issue = innermost(found);
    return {
      path: pointerOf([...at, ...issue.path]),
      expected: expectedBy(issue),
      actual: describe(valueAt(value, issue.path)),
    };
  });
}

/** `path: expected ..., found ...`, for a line of a log or of a list. */
export const mismatchText = (mismatches: readonly Mismatch[]): string =>
  mismatches.map(({ path, expected, actual }) => `${path || "/"}: expected ${expected}, found ${actual}`).join("; ");

/** The same place in every element of an array is one place: positions are taken out before mismatches are grouped. */
export const placeOf = (path: string): string => path.replaceAll(/\/\d+(?=\/|$)/g, "/*");

const pointerOf = (path: Path): string =>
  path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/** Of a union the alternative that came closest, with its path made whole: "Invalid input" alone explains nothing. */
function innermost(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  const closest = issue.errors
    .filter((issues) => issues.length > 0)
    .toSorted((a, b) => depthOf(b) - depthOf(a))[0]?.[0];
  return closest ? innermost({ ...closest, path: [...issue.path, ...closest.path] }) : issue;
}

const depthOf = (issues: readonly Issue[]): number =>
  issues.reduce((deepest, { path }) => Math.max(deepest, path.length), 0);

/** zod's own words without what it found, which is said separately: `Invalid input: expected int, received string`. */
function expectedBy(issue: Issue): string {
  if (issue.code === "invalid_type" && issue.expected === "nonoptional") return "a value";
  const text = issue.message
    .replace(/^[^:.]*[:.] /, "")
    .replace(/^expected /i, "")
    .replace(/, received .*$/, "");
  return text.slice(0, EXPECTED_CHARS);
}

function valueAt(value: unknown, path: Path): unknown {
  let found = value;
  for (const part of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, part)) return undefined;
    found = Reflect.get(found, part);
  }
  return found;
}

function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object") return "an object";
  if (typeof value === "string") return `the text ${JSON.stringify(value.slice(0, VALUE_CHARS))}`;
  return typeof value === "number" || typeof value === "boolean" ? `the ${typeof value} ${value}` : `a ${typeof value}`;
}
