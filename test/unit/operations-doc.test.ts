import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "../../scripts/wrangler.ts";
import { DEFAULT_RULES } from "../../src/domain/alerts/defaults.ts";
import { DECISION_KINDS as FLAG_KINDS } from "../../src/domain/guard/decision.ts";
import { DECISION_KINDS as PIPELINE_KINDS } from "../../src/domain/pipeline/decision.ts";
import { STAGES } from "../../src/domain/pipeline/stages.ts";
import { repositoryFiles, withoutComments } from "../support/source-tree.ts";

/**
 * Goal: whoever is woken finds a row for what woke them, with what to do. Threat: a rule, a decision or a line of the log that a release brings and nobody has
 * described, and a row for one that is gone.
 */
const text = readFileSync(join(ROOT, "docs/operations.md"), "utf8");

/** The rows of the table below a heading that begins with this head, each with the names in its first cell. */
function tableOf(
  section: string,
  head: string,
): { readonly names: readonly string[]; readonly cells: readonly string[] }[] {
  const [, part = ""] = new RegExp(`^## ${section}$([\\s\\S]*?)(?=^## |(?![\\s\\S]))`, "m").exec(text) ?? [];
  const lines = part.split("\n");
  const from = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  const rows = from < 0 ? [] : lines.slice(from + 2);
  const end = rows.findIndex((line) => !line.startsWith("|"));
  return rows.slice(0, end < 0 ? undefined : end).map((line) => {
    const cells = line.split(" | ").map((cell) => cell.replace(/^\||\|$/g, "").trim());
    return { names: [...(cells[0] ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name), cells };
  });
}

describe.each([
  ["alert rule", "Alerts", "Rule", Object.keys(DEFAULT_RULES), []],
  // What was opened is said stage by stage, since what is to be done differs.
  ["decision of the pipeline", "The pipeline", "Decision", PIPELINE_KINDS, [...STAGES, "aggregate/shard-N"]],
  ["decision about a flag", "Guarded write paths", "Decision", FLAG_KINDS, []],
])("docs/operations.md: every %s", (_, section, head, kinds, others: readonly string[]) => {
  const rows = tableOf(section, head);
  const named = rows.flatMap(({ names }) => names).filter((name) => !others.includes(name));

  test("has its row, and there is no row for one that is gone", () => {
    expect([...new Set(named)].toSorted()).toEqual([...kinds].toSorted());
  });

  test("says what it means and what to do", () => {
    for (const { names, cells } of rows) {
      expect(cells, names.join()).toHaveLength(3);
      for (const cell of cells) expect(cell.length, `${names.join()}: ${cells.join(" | ")}`).toBeGreaterThan(5);
    }
  });
});

test("docs/operations.md: of every stage it says what to do when it is left", () => {
  const opened = tableOf("The pipeline", "Decision").filter(({ names }) => names[0] === "opened");
  const stages = opened.flatMap(({ names }) => names.slice(1)).map((name) => name.split("/", 1)[0]);
  expect(stages.toSorted()).toEqual([...STAGES].toSorted());
});

test("docs/operations.md: every line that is or may be written at level error has a row", () => {
  const workers = repositoryFiles().filter(({ path }) => /^(?:src|durable-objects)\/.*\.ts$/.test(path));
  const written = workers.flatMap(({ text: code }) =>
    // The event is a text, or one of two; `level` is decided beside it. `waitForPerson` writes what it is given.
    [...withoutComments(code).matchAll(/\b(?:log\(\s*(?:"error"|level),|waitForPerson\()([^,]*),/g)].flatMap(
      ([, event = ""]) => [...event.matchAll(/"([a-z_]+)"/g)].map(([, name = ""]) => name),
    ),
  );
  for (const known of ["request_failed", "legacy_timeout", "flag_decision", "charge_misconfigured"])
    expect(written).toContain(known);
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  const described = new Set(
    rows.flatMap((row) => [...(row.split(" | ")[0] ?? "").matchAll(/`([a-z_]+)`/g)].map(([, name]) => name)),
  );
  expect([...new Set(written)].filter((name) => !described.has(name))).toEqual([]);
});
