import { readFileSync } from "node:fs";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { ROOT } from "../wrangler.ts";
import { count, money, percent, span } from "./format.ts";
import { comparisonOf, machineLine, remarksOn, type Report } from "./report.ts";
import { clockAt } from "./shape.ts";

interface Chart {
  readonly title: string;
  readonly lines: readonly {
    readonly name: string;
    readonly column: keyof Report["series"];
    readonly style: "main" | "second" | "faint";
    readonly unit: "count" | "rate" | "ms" | "money";
  }[];
}

const CHARTS: readonly Chart[] = [
  {
    title: "Orders",
    lines: [
      { name: "accepted", column: "accepted", style: "main", unit: "rate" },
      { name: "due", column: "due", style: "faint", unit: "rate" },
    ],
  },
  {
    title: "Checkout, from when it was due",
    lines: [
      { name: "p99", column: "p99", style: "second", unit: "ms" },
      { name: "p50", column: "p50", style: "main", unit: "ms" },
    ],
  },
  {
    title: "Backlog",
    lines: [
      { name: "messages in all queues", column: "backlog", style: "main", unit: "count" },
      { name: "charges that wait", column: "charges", style: "second", unit: "count" },
    ],
  },
  { title: "Shoppers inside", lines: [{ name: "visits open", column: "inside", style: "main", unit: "count" }] },
  {
    title: "Events",
    lines: [{ name: "acknowledged", column: "events", style: "main", unit: "rate" }],
  },
  {
    title: "Event to board, the last five minutes",
    lines: [{ name: "p99 from receipt to frame", column: "eventP99", style: "main", unit: "ms" }],
  },
  { title: "Revenue", lines: [{ name: "on the board", column: "revenue", style: "main", unit: "money" }] },
];

const fileOf = (name: string): string => readFileSync(join(import.meta.dirname, name), "utf8");

/** Nothing is loaded: the policy says so, and a page that is kept for years still works. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/** The report as one file. Its look is the console's, whose colours it takes. */
export function renderPage(report: Report): string {
  const plot = join(createRequire(import.meta.url).resolve("uplot"), "../uPlot.iife.min.js");
  const plotStyle = join(plot, "../uPlot.min.css");
  const tokens = readFileSync(join(ROOT, "console/style/tokens.css"), "utf8");
  const styles = [tokens, readFileSync(plotStyle, "utf8"), fileOf("page.css")].join("\n");
  const script = stripTypeScriptTypes(fileOf("charts.browser.ts"));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Black Friday: ${count(report.accounts.accepted)} orders</title>
<style>${styles}</style>
<body>
${bodyOf(report)}
<script type="application/json" id="figures">${embedded(report)}</script>
<script>${inScript(readFileSync(plot, "utf8"))}</script>
<script type="module">${inScript(script)}</script>
</body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (char) => ENTITIES[char] ?? char);
/** What ends a script element wherever it stands. */
const inScript = (code: string): string => code.replaceAll("</script", String.raw`<\/script`);
/** All of the report is in the page, so that a figure can be looked up that no chart shows. */
const embedded = (report: Report): string =>
  JSON.stringify({ currency: report.revenue.currency, ...report }).replaceAll("<", String.raw`\u003c`);

function bodyOf(report: Report): string {
  const { wrong, accounts, at, settings, dayMs, tookMs, runtimeBusy, generator } = report;
  const verdict =
    wrong.length === 0
      ? `<span class="verdict">balanced: lost 0, doubled 0, oversold 0</span>`
      : `<span class="verdict wrong">${count(wrong.length)} ${wrong.length === 1 ? "thing is" : "things are"} wrong</span>`;
  const day = `A day in ${count(dayMs / 1_000)} seconds; ${count(accounts.orders)} orders; ${settings.orders === accounts.orders ? "" : "second tries with another card included; "}seed ${settings.seed}, faults: ${settings.faults}.`;
  const sections = [
    `<header><h1>Black Friday</h1>${verdict}<span class="soft">${escaped(at.slice(0, 16).replace("T", " "))} UTC</span></header>`,
    `<p class="soft">${escaped(day)} The whole command took ${span(tookMs)}. The shop's one thread was busy ${percent(runtimeBusy)} of the day, the shoppers' process ${percent(generator.busy)}. ${escaped(machineLine(report))}</p>`,
    strip(report),
    list(wrong, "wrong"),
    list(remarksOn(report), ""),
    `<h2>The day</h2><div class="charts">${CHARTS.map(chart).join("")}</div>`,
    `<h2>Beside the case study</h2>${comparison(report)}`,
    `<h2>Checkouts, by when they were due</h2>${phases(report)}`,
    `<h2>Audit</h2>${audit(report)}`,
  ];
  return sections.join("\n");
}

function strip({ accounts, revenue, insideMost, checkoutMs, backlogMost, boardMs }: Report): string {
  const facts: readonly (readonly [string, string, string])[] = [
    ["Revenue", money(revenue), "on the board at the end"],
    ["Orders", count(accounts.accepted), `${count(accounts.paid)} paid`],
    ["Shoppers at once", count(insideMost), "mostly thinking"],
    ["Checkout p99", span(checkoutMs.p99), `p50 ${span(checkoutMs.p50)}`],
    ["Event to board p99", boardMs ? span(boardMs.p99) : "\u2013", boardMs ? `p50 ${span(boardMs.p50)}` : "not seen"],
    ["Largest backlog", count(backlogMost), "messages"],
  ];
  const cells = facts.map(([name, figure, note]) => `<div><dt>${name}</dt><dd>${figure}</dd><dd>${note}</dd></div>`);
  return `<dl class="strip">${cells.join("")}</dl>`;
}

const list = (sentences: readonly string[], style: string): string =>
  sentences.length === 0
    ? ""
    : `<ul>${sentences.map((sentence) => `<li class="${style}">${escaped(sentence)}</li>`).join("")}</ul>`;

function chart({ title, lines }: Chart): string {
  const keys = lines.map(({ name, style }) => `<span class="key ${style}">${name}</span>`).join("");
  return `<figure data-lines="${escaped(JSON.stringify(lines))}"><figcaption>${title}${keys}</figcaption><div class="chart"></div><p class="readout"></p></figure>`;
}

interface Head {
  readonly name: string;
  readonly isNumber?: boolean;
}

const texts = (...names: string[]): Head[] => names.map((name) => ({ name }));
const numbers = (...names: string[]): Head[] => names.map((name) => ({ name, isNumber: true }));

const table = (head: readonly Head[], rows: readonly string[]): string =>
  `<div class="scroll"><table><thead><tr>${head.map(({ name, isNumber = false }) => `<th${isNumber ? ' class="number"' : ""}>${name}</th>`).join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;

function comparison(report: Report): string {
  const rows = comparisonOf(report).map(
    ({ what, seed, ours, note = "" }) =>
      `<tr><th scope="row">${what}</th><td>${seed}</td><td class="ours">${escaped(ours)}</td><td class="soft">${escaped(note).replaceAll(/`([^`]*)`/g, "<code>$1</code>")}</td></tr>`,
  );
  return table(texts("", "seed", "here", ""), rows);
}

function phases(report: Report): string {
  const cell = (text: string): string => `<td class="number">${text}</td>`;
  const rows = report.phases.map(({ name, fromHour, due, perSecond, mean, p50, p99 }) =>
    [
      `<tr><td class="soft">${clockAt(fromHour)}</td><th scope="row">${name}</th>`,
      ...[count(due), `${perSecond.toFixed(1)}/s`, span(p50), span(mean), span(p99)].map(cell),
      "</tr>",
    ].join(""),
  );
  return table([...texts("from", ""), ...numbers("due", "", "p50", "mean", "p99")], rows);
}

function audit({ checks }: Report): string {
  const rows = checks.map(
    ({ invariant, checked, wrong }) =>
      `<tr${wrong > 0 ? ' class="wrong"' : ""}><th scope="row">${escaped(invariant)}</th><td class="number">${count(checked)}</td><td class="number">${count(wrong)}</td></tr>`,
  );
  return table([...texts("invariant"), ...numbers("checked", "wrong")], rows);
}
