import { setTimeout } from "node:timers/promises";
import { allSkus } from "../../bench/runtime/shop.ts";
import { auditShop, type Finding, stripeClient } from "../audit/finding.ts";
import { type Accounts, accountsOf, wrongsOf as wrongOrders } from "../drills/chaos/accounts.ts";
import { compare, type Line, wrongsOf as wrongLines } from "../drills/events/comparison.ts";
import { replayDeadLetters, viewsOf, waitForRest } from "../drills/events/observe.ts";
import { SECRETS } from "../workers.ts";
import { BoardWatch } from "./board.ts";
import { Load, USUAL_LOAD } from "./load.ts";
import type { Expectation, Scenario } from "./scenario.ts";
import type { Part, Sight } from "./seen.ts";
import { type Noticed, Watch } from "./watch.ts";
import type { World } from "./world.ts";

export interface Outcome {
  readonly name: string;
  readonly fault: string;
  readonly seconds: number;
  /** Of what was decided, with how long after the fault it was seen. */
  readonly decisions: readonly (Omit<Noticed, "at"> & { readonly afterMs: number })[];
  /** From the fault to the first decision or alert about it; null when nothing needs to be decided. */
  readonly detectMs: number | null;
  /** From the end of the fault until everything was as before it; null: not in the time that is given. */
  readonly recoverMs: number | null;
  readonly seen: Readonly<Record<Part, Sight>>;
  /** The longest time that the console's board counted nothing new, from the fault until everything was as before it. */
  readonly boardStillMs: number;
  readonly accounts: Accounts;
  /** SKUs of which more was sold than there was, or whose books disagree. */
  readonly oversold: number;
  readonly events: { readonly acknowledged: number; readonly lost: number; readonly doubled: number };
  /** Messages that ran out of deliveries and were replayed, as an operator does. */
  readonly replayed: number;
  readonly lines: readonly Line[];
  /** In sentences: what is not as it must be. */
  readonly wrong: readonly string[];
}

export interface Performance {
  readonly seed: number;
  /** Load before anything breaks. */
  readonly calmMs?: number;
  readonly progress: (text: string) => void;
}

const CALM_MS = 4_000;
/** Well for so long is well again. */
const STEADY_MS = 1_500;
const RECOVERY_TIMEOUT_MS = 150_000;
const LOOK_EVERY_MS = 100;
const AUDIT_WAIT_S = 60;

/** Runs load, makes one fault, heals it, waits for quiet, and holds the books against what was sent. */
export async function play(
  world: World,
  scenario: Scenario,
  { seed, calmMs = CALM_MS, progress }: Performance,
): Promise<Outcome> {
  const beganAt = Date.now();
  const say = (text: string): void =>
    progress(`  ${((Date.now() - beganAt) / 1_000).toFixed(0).padStart(4)} s  ${text}`);
  await world.begin();
  await scenario.prepare?.(world);
  const load = await Load.begin(world, { ...USUAL_LOAD, ...scenario.load, seed });
  const watch = new Watch(world);
  const board = new BoardWatch(world.shop);
  const stage = { world, load };
  try {
    await setTimeout(calmMs);
    watch.shaken();
    load.seen.part = "fault";
    const injectedAt = Date.now();
    await scenario.inject(stage);
    await setTimeout(Math.max(0, injectedAt + scenario.faultMs - Date.now()));
    await scenario.heal(stage);
    load.seen.part = "after";
    const healedAt = Date.now();
    say("healed; waiting until all is as before ...");
    const recoveredAt = await waitUntilWell(watch, healedAt);
    const trouble = recoveredAt === undefined ? ["never well for long", ...watch.trouble] : [];
    say(trouble.length === 0 ? "as before; everybody may finish ..." : `not as before: ${trouble.join(", ")}`);
    const boardStillMs = board.stillMs(injectedAt, recoveredAt ?? Date.now());
    await load.end();
    say(`waiting until nothing moves (${world.queues.now.waiting || "no message waits"}), and auditing ...`);
    const { replayed, lines, finding } = await settle(world, load);
    say(`audited (${world.queues.now.waiting || "no message waits"})`);
    const noticed = watch.noticed.filter(({ at }) => at >= injectedAt);
    const accounts = accountsOf(
      load.shoppers.accepted.filter(({ id }) => id.startsWith("ord_")),
      finding,
    );
    const aftermath = { ...stage, boardStillMs };
    const also = (await scenario.also?.(aftermath)) ?? [];
    const first = noticed.find((one) => scenario.expect.some((wanted) => isOf(one, wanted)));
    return {
      name: scenario.name,
      fault: scenario.fault,
      seconds: (Date.now() - beganAt) / 1_000,
      decisions: noticed.map(({ at, ...rest }) => ({ ...rest, afterMs: at - injectedAt })),
      detectMs: first ? first.at - injectedAt : null,
      recoverMs: recoveredAt === undefined ? null : recoveredAt - healedAt,
      seen: { calm: load.seen.of("calm"), fault: load.seen.of("fault"), after: load.seen.of("after") },
      boardStillMs,
      accounts,
      oversold: oversoldIn(finding),
      events: { acknowledged: load.sender.acknowledged, ...lossesOf(lines) },
      replayed,
      lines,
      wrong: [
        ...wrongOrders(accounts),
        ...wrongChecks(finding),
        ...wrongLines(lines),
        ...wrongDecisions(scenario, noticed, injectedAt),
        ...trouble.map((one) => `${RECOVERY_TIMEOUT_MS / 1_000} s after the fault was gone: ${one}`),
        ...also,
      ],
    };
  } finally {
    await Promise.all([watch.end(), board.end()]);
  }
}

async function waitUntilWell(watch: Watch, healedAt: number): Promise<number | undefined> {
  while (Date.now() - healedAt < RECOVERY_TIMEOUT_MS) {
    await setTimeout(LOOK_EVERY_MS);
    const since = watch.wellSince;
    if (since !== undefined && Date.now() - Math.max(since, healedAt) >= STEADY_MS) return Math.max(since, healedAt);
  }
  return undefined;
}

/** Waits until nothing moves, does what an operator does with dead letters, and reads all books. */
async function settle(
  { shop, queues }: World,
  load: Load,
): Promise<{ readonly replayed: number; readonly lines: readonly Line[]; readonly finding: Finding }> {
  await waitForRest(shop, queues.now);
  const replayed = await replayDeadLetters(shop);
  const stripe = stripeClient(shop.stripe, SECRETS["STRIPE_SECRET_KEY"]?.local ?? "");
  const finding = await auditShop(shop.admin, stripe, AUDIT_WAIT_S);
  const ledger = await waitForRest(shop, queues.now);
  const views = await viewsOf(shop, [...new Set([...allSkus(), ...load.plan.books.views.keys()])]);
  return { replayed, finding, lines: compare(load.plan.books, { ledger, views, queued: queues.queuedEvents }) };
}

const isOf = ({ subject, kind }: Noticed, wanted: Expectation): boolean =>
  wanted.subject.test(subject) && wanted.kind === kind;

export function wrongDecisions(
  { expect, never = [] }: Pick<Scenario, "expect" | "never">,
  noticed: readonly Noticed[],
  injectedAt: number,
): string[] {
  const missing = expect.flatMap((wanted) => {
    const { subject, kind, withinMs = Infinity } = wanted;
    const found = noticed.find((one) => isOf(one, wanted));
    if (!found) return [`nobody said "${kind}" of ${subject.source}`];
    const tookMs = found.at - injectedAt;
    return tookMs > withinMs ? [`"${kind}" of ${found.subject} took ${tookMs} ms, and ${withinMs} are promised`] : [];
  });
  const alarms = noticed.filter((one) => never.some(({ subject, kind = one.kind }) => isOf(one, { subject, kind })));
  return [...missing, ...alarms.map(({ subject, kind, text }) => `false alarm: ${subject} ${kind}: ${text}`)];
}

const wrongChecks = ({ verdict, moving }: Finding): string[] =>
  verdict.checks
    .filter(({ wrong }) => wrong.length > 0)
    .map(
      ({ invariant, wrong }) =>
        `${invariant}: ${wrong.length} wrong, e.g. ${wrong[0]}${moving.length > 0 ? ` (moving: ${moving.join(", ")})` : ""}`,
    );

const oversoldIn = ({ verdict }: Finding): number =>
  verdict.checks
    .filter(({ invariant }) => invariant.startsWith("1 "))
    .reduce((sum, { wrong }) => sum + wrong.length, 0);

function lossesOf(lines: readonly Line[]): { readonly lost: number; readonly doubled: number } {
  const applied = lines.find(({ what }) => what === "applied");
  const difference = (applied?.found ?? Number.NaN) - (applied?.expected ?? Number.NaN);
  return { lost: Math.max(0, -difference), doubled: Math.max(0, difference) };
}
