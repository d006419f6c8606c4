import { type Tone, toneOfDecision } from "../../src/domain/guard/tone.ts";
import type {
  CommandType,
  ExpectedBody,
  FlagBody,
  FlagCommandBody,
  FlagDecisionBody,
  FlagDetails,
  GuardedFlagDetails,
  RungBody,
} from "../../src/domain/guard/view.ts";
import { span } from "./format.ts";

/** A flag in the words and the shapes of the screen. */
const STATE_NAMES: Readonly<Record<FlagBody["state"], string>> = {
  unguarded: "Not guarded",
  off: "Off",
  shadow: "Mirrored",
  ramping: "Climbing",
  waiting: "Waits for a person",
  paused: "Paused",
  complete: "Complete",
  rolled_back: "Rolled back",
  killed: "Killed",
};

const STATE_TONES = {
  unguarded: "level",
  off: "level",
  shadow: "rise",
  ramping: "rise",
  waiting: "warning",
  paused: "warning",
  complete: "calm",
  rolled_back: "critical",
  killed: "critical",
} as const satisfies Readonly<Record<FlagBody["state"], string>>;
export type StateTone = (typeof STATE_TONES)[FlagBody["state"]];

export const stateNameOf = ({ state }: Pick<FlagBody, "state">): string => STATE_NAMES[state];
export const toneOf = ({ state }: Pick<FlagBody, "state">): StateTone => STATE_TONES[state];
export const percent = (share: number): string => `${share} %`;

/** Who has what at the moment, and what is going to change that. */
export function circumstancesOf({ state, share_percent: share, variants: { fresh, safe } }: FlagBody): string {
  const has = `${fresh} has ${percent(share)}`;
  switch (state) {
    case "unguarded":
      return `${fresh} has everything, and nothing stands behind it.`;
    case "off":
      return `Everything goes to ${safe}. Start it when ${fresh} is ready.`;
    case "shadow":
      return `${safe} answers everything; ${fresh} gets copies without effect, and the answers are compared.`;
    case "ramping":
      return `${has}, the rest goes to ${safe}. It climbs on evidence.`;
    case "waiting":
      return `${has}. Too little was seen to decide by: a person has to, or more has to be seen.`;
    case "paused":
      return `${has} and does not climb. The guard keeps watching.`;
    case "complete":
      return `${fresh} has everything. The guard keeps watching.`;
    case "rolled_back":
      return `The guard took it back. Everything goes to ${safe} until a person rearms it.`;
    case "killed":
      return `A person took it back. Everything goes to ${safe} until a person rearms it.`;
  }
}

/** Where it would climb to; nothing at the top, and while it stands on no rung. */
export function nextRung(ladder: readonly RungBody[]): RungBody | undefined {
  const current = ladder.findIndex((rung) => rung.current);
  return current < 0 ? undefined : ladder[current + 1];
}

export interface CommandText {
  readonly label: string;
  /** What is going to happen, for whoever is asked whether to go on. */
  readonly effect: string;
}

export function commandText(type: CommandType, flag: FlagDetails): CommandText {
  const { state, share_percent: share, ladder, variants } = flag;
  const { fresh, safe } = variants;
  const next = nextRung(ladder)?.rung ?? "100 %";
  const first = ladder[0]?.rung ?? "the first share";
  switch (type) {
    case "start":
      return state === "paused"
        ? { label: "Resume", effect: `${fresh} keeps ${percent(share)} and climbs again as the evidence allows.` }
        : { label: "Start", effect: `The ladder begins at ${first}, under a new epoch.` };
    case "advance":
      return { label: `Advance to ${next}`, effect: `${fresh} gets ${next} at once, whatever the evidence says.` };
    case "approve":
      return { label: `Approve ${next}`, effect: `What was seen is taken to be enough: ${fresh} gets ${next}.` };
    case "pause":
      return {
        label: "Pause",
        effect: `${fresh} keeps ${percent(share)} and does not climb. The guard keeps watching.`,
      };
    case "kill":
      return {
        label: "Kill",
        effect: `Everything goes to ${safe} within 12 seconds, and stays there until somebody rearms it.`,
      };
    case "rearm":
      return { label: "Rearm", effect: `The ladder begins again at ${first}, under a new epoch. Is the cause gone?` };
  }
}

type Standing = Pick<GuardedFlagDetails, "state" | "epoch" | "rung">;

/** What takes a share back, or keeps it from growing, is meant wherever the flag stands. */
const isUrgent = (type: CommandType): boolean => type === "kill" || type === "pause";

/**
 * Whether a command still does what its dialog says. Flags climb while somebody types a reason: advancing would then be a step more than was meant.
 * Taking a share back never waits for a second look.
 */
export function isStillMeant(type: CommandType, asked: Standing, now: Standing): boolean {
  if (isUrgent(type)) return true;
  return asked.state === now.state && asked.epoch === now.epoch && asked.rung === now.rung;
}

/** A command as it is sent: with what its dialog showed, where it depends on that. What the page has not heard of yet, the flag compares by itself. */
export const commandBody = (type: CommandType, asked: Standing, reason: string): FlagCommandBody =>
  isUrgent(type) ? { reason } : { reason, if_epoch: asked.epoch, if_rung: asked.rung, if_state: asked.state };

const DAYS_PER_YEAR = 365;

/** How rare a false alarm is. */
export function rarity(days: number, count: (value: number) => string): string {
  if (days < 2) return `every ${span(days * 86_400_000)}`;
  if (days < 2 * DAYS_PER_YEAR) return `every ${count(Math.round(days))} days`;
  return `every ${count(Math.round(days / DAYS_PER_YEAR))} years`;
}

export interface Expectation {
  readonly what: string;
  readonly when: string;
}

/** What can be expected of the guard; nothing without traffic to say it for. */
export function expectationsOf(
  { false_rollbacks: alarms, detection }: ExpectedBody,
  count: (value: number) => string,
): Expectation[] {
  const rate = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
  return [
    ...detection.flatMap(({ error_rate: of, seconds }) =>
      seconds === null ? [] : [{ what: `${rate(of)} errors caught in`, when: span(seconds * 1_000) }],
    ),
    ...alarms.flatMap(({ error_rate: of, every_days: days }) =>
      days === null ? [] : [{ what: `False alarm at ${rate(of)} errors`, when: rarity(days, count) }],
    ),
  ];
}

/** One line of the log. */
export function decisionTitle({ kind, share_percent: { from, to }, evidence }: FlagDecisionBody): string {
  switch (kind) {
    case "started":
      return "Started";
    case "resumed":
      return `Resumed at ${percent(to)}`;
    case "promoted":
      return `Climbed to ${percent(to)}`;
    case "advanced":
      return `Advanced to ${percent(to)}`;
    case "approved":
      return `Approved, to ${percent(to)}`;
    case "waiting_for_person":
      return `Asked for a person at ${percent(to)}`;
    case "paused":
      return `Paused at ${percent(to)}`;
    case "rolled_back":
      return `Rolled back from ${percent(from)}`;
    case "killed":
      return from > 0 ? `Killed at ${percent(from)}` : "Killed";
    case "rearmed":
      return "Rearmed";
    case "rehearsal":
      return "Rehearsal";
    case "effect_observed":
      return `Effect seen: ${evidence.effect?.verdict ?? "open"}`;
  }
}

export const decisionTone = ({ kind, evidence }: Pick<FlagDecisionBody, "kind" | "evidence">): Tone =>
  toneOfDecision(kind, evidence.effect?.verdict);

/** What changed of the flags that were there before, to be said once. */
export function changesOf(before: readonly FlagBody[], now: readonly FlagBody[]): string[] {
  return now.flatMap((flag) => {
    const known = before.find(({ key }) => key === flag.key);
    if (!known || (known.state === flag.state && known.share_percent === flag.share_percent)) return [];
    return [`${flag.title || flag.key}: ${stateNameOf(flag)}, ${percent(flag.share_percent)}.`];
  });
}
