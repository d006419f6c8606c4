import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Report } from "../../scripts/black-friday/report.ts";
import { ROOT } from "../../scripts/wrangler.ts";

/**
 * Goal: the command that a visitor runs first plays its day to the end and the books balance. The threats are an order that is lost or doubled when a
 * connection breaks, units of the flash sale that do not exist, and a report that is not there. Speed is for `npm run blackfriday`.
 */
const ORDERS = 120;
const ARGS = ["--orders", String(ORDERS), "--seconds", "10", "--shoppers", "300", "--seed", "28", "--json"];
/** Hundreds of new objects, each with a file: on a disk their syncs would be most of what this test waits for. */
const PLACE = existsSync("/dev/shm") ? ["--tmpfs"] : [];

const directory = mkdtempSync(join(tmpdir(), "breakwater-black-friday-test-"));
const html = join(directory, "report.html");
let report: Report;
let code: number | null;
let said = "";
beforeAll(async () => {
  const args = ["scripts/black-friday.ts", ...ARGS, ...PLACE, "--html", html];
  const child = spawn(process.execPath, ["--no-warnings", ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
  await once(child, "close");
  code = child.exitCode;
  if (output === "") throw new Error(`there is no report:\n${said}`);
  // SAFETY: what the command prints with --json is its report.
  report = JSON.parse(output) as Report;
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it("a compressed Black Friday ends with nothing lost, nothing charged twice, nothing oversold, and balanced books", () => {
  expect(report.wrong, JSON.stringify([report.accounts, report.refusals])).toEqual([]);
  expect(code, said).toBe(0);
  expect(report.accounts).toMatchObject({ lost: 0, doubled: 0, oversold: 0, deadLetters: 0, balanced: true });
  expect(report.accounts.events).toEqual({ lost: 0, doubled: 0, rejected: 0 });
});

it("everybody came, and every checkout of the plan was answered: accepted, or sold out", () => {
  const { counts, accounts, endings, checkoutMs } = report;
  expect(counts.visits).toBe(report.settings.visits);
  expect(counts.inside).toBe(0);
  expect(counts.due).toBeGreaterThanOrEqual(ORDERS);
  expect(accounts.accepted + counts.sold_out).toBe(counts.due);
  expect([endings["gave_up"], endings["refused"]]).toEqual([undefined, undefined]);
  expect(checkoutMs.count).toBe(counts.due);
  expect(accounts.paid).toBeGreaterThan(ORDERS / 2);
});

it("what was to go wrong on the way did: double clicks and broken connections became one order each", () => {
  const { counts } = report;
  expect(counts.double_clicks).toBeGreaterThan(0);
  expect(counts.cut + counts.replayed).toBeGreaterThan(0);
  expect(counts.two_orders).toBe(0);
});

it("of the flash sale more was wanted than there was: no unit of it is sold that does not exist, and somebody came too late", () => {
  const { received = 0, sold = 0, reserved = 0 } = report.flash ?? {};
  expect(sold).toBeGreaterThan(0);
  expect(sold + reserved).toBeLessThanOrEqual(received);
  expect(report.counts.sold_out).toBeGreaterThan(0);
});

it("events were seen on the board by a watcher, and the report is one file with every figure in it", () => {
  expect(report.boardMs?.p99).toBeGreaterThan(0);
  expect(report.counts.events_acknowledged).toBe(report.counts.events_sent);
  const page = readFileSync(html, "utf8");
  expect(page).toContain("balanced: lost 0, doubled 0, oversold 0");
  const [, figures = ""] = /<script type="application\/json" id="figures">(.*?)<\/script>/s.exec(page) ?? [];
  expect(JSON.parse(figures)).toMatchObject({ accounts: report.accounts });
});
