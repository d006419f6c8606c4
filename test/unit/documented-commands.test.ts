import { expect, test } from "vitest";
import { matchesIn, repositoryFiles } from "../support/source-tree.ts";

/** Goal: what is documented works when it is typed. The threat is a line that only a person at a terminal ever saw. */
test("a command that is documented with --json can be piped: npm, unless it is silent, prints its own lines before the document", () => {
  const banner = /npm run (?!--silent )[^`|]*--json/;
  const documents = repositoryFiles().filter(({ path }) => /\.(?:md|ts)$/.test(path) && !path.startsWith("test/"));
  expect(documents.flatMap((file) => matchesIn(file, banner))).toEqual([]);
});
