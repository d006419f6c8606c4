import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CHARGE_ATTEMPTS } from "../src/domain/order-guards.ts";
import { TRANSITIONS } from "../src/domain/order.ts";
import { ORDER_STATES } from "../src/domain/order-record.ts";
import { ROOT } from "./wrangler.ts";

/** `npm run diagram`: draws the table of transitions. A test compares the file with the table, so the picture cannot grow stale. */
export const DIAGRAM_FILE = join(ROOT, "docs/order-states.md");

export function orderDiagram(): string {
  return `# The life of an order

Generated from \`TRANSITIONS\` in \`src/domain/order.ts\` by \`npm run diagram\`; do not edit. An event without a row changes nothing:
that is how duplicated, late and reordered facts are harmless. A charge that definitely did not happen is tried ${CHARGE_ATTEMPTS} times in all,
each under its own key.

\`\`\`mermaid
stateDiagram-v2
  [*] --> placing
${arrows().join("\n")}
${finalStates()
  .map((state) => `  ${state} --> [*]`)
  .join("\n")}
\`\`\`

| from | event | if | to | stock | what happens besides |
|---|---|---|---|---|---|
${rows().join("\n")}
`;
}

/** One arrow for all events that lead from one state to another. */
function arrows(): string[] {
  const moves = new Map<string, Set<string>>();
  for (const { from, on, when, to } of TRANSITIONS) {
    if (to === undefined) continue;
    for (const state of from) {
      const label = when === undefined ? on : `${on} [${when}]`;
      const key = `  ${state} --> ${to}`;
      if (state !== to) moves.set(key, (moves.get(key) ?? new Set()).add(label));
    }
  }
  return [...moves].map(([arrow, labels]) => `${arrow}: ${[...labels].join(", ")}`);
}

function finalStates(): string[] {
  const left = new Set(TRANSITIONS.filter(({ to }) => to !== undefined).flatMap(({ from }) => from));
  return ORDER_STATES.filter((state) => !left.has(state));
}

const rows = (): string[] =>
  TRANSITIONS.map(({ from, on, when, to, stock, effects }) =>
    ["", from.join(", "), on, when ?? "", to ?? "(stays)", stock ?? "", effects.join(", ") || "nothing", ""]
      .join(" | ")
      .trim(),
  );

if (import.meta.main) writeFileSync(DIAGRAM_FILE, orderDiagram());

export const drawnDiagram = (): string => readFileSync(DIAGRAM_FILE, "utf8");
