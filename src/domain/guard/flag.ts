import { CALM, type GuardState, type TripRule } from "./cusum.ts";
import { SHADOW_RUNG, shareOf, TOP_RUNG } from "./ladder.ts";

/** `paused` keeps its share, `rolled_back` and `killed` have none and stay so until a person rearms: the latch. */
export const FLAG_STATES = [
  "off",
  "shadow",
  "ramping",
  "waiting",
  "paused",
  "complete",
  "rolled_back",
  "killed",
] as const;
export type FlagState = (typeof FLAG_STATES)[number];

/** Operations at one rung: those that the new path got right, and those that it got wrong. */
export interface Trials {
  readonly ok: number;
  readonly err: number;
}

/** What was seen after the path was taken back, not what was meant to happen. Times in UTC ms. */
export interface Effect {
  readonly epoch: number;
  readonly since: number;
  /** Operations that isolates of an older epoch still did on the new path, and when the last of them ended. */
  readonly strays: number;
  readonly lastStrayAt: number | null;
  /** Operations that are known to have gone the safe way since. */
  readonly safe: number;
  readonly verdict: EffectVerdict | null;
}
/** `unproven`: nothing came at all, and silence is no proof. */
export type EffectVerdict = "effective" | "ineffective" | "unproven";

/** One guarded flag, as its coordinator keeps it. Times in UTC ms. */
export interface Flag {
  readonly key: string;
  readonly state: FlagState;
  /** Index into `LADDER`. */
  readonly rung: number;
  /** The rung that the ladder begins at: shadow for what can be mirrored, the first share for what cannot. */
  readonly firstRung: number;
  /** Grows with every start, rollback, kill and rearm. A write that names an older one is refused. */
  readonly epoch: number;
  readonly guard: GuardState;
  readonly trials: Trials;
  readonly enteredAt: number;
  readonly effect: Effect | null;
  /** Set by a rehearsal: what the new path is to do wrong. */
  readonly fault: Fault | null;
  readonly version: number;
}
export type Fault = "throw";

export const newFlag = (key: string, firstRung: number, now: number): Flag => ({
  key,
  state: "off",
  rung: firstRung,
  firstRung,
  epoch: 0,
  guard: CALM,
  trials: { ok: 0, err: 0 },
  enteredAt: now,
  effect: null,
  fault: null,
  version: 0,
});

/** What moves a flag: a person's command, the guard, or the evidence. */
export type FlagEvent =
  | { readonly type: "start" | "advance" | "approve" | "pause" | "kill" | "rearm" }
  | AutomaticEvent;
export type AutomaticEvent =
  | { readonly type: "evidence" }
  | { readonly type: "stalled" }
  | { readonly type: "trip"; readonly rule: TripRule };
export type FlagEventType = FlagEvent["type"];

/** Where a rule leads. `next` is the next rung, which is `complete` at the top; `begin` the first one; `resume` the one it was paused at. */
type Target = "next" | "begin" | "resume" | "waiting" | "paused" | "rolled_back" | "killed";

interface Rule {
  readonly from: readonly FlagState[];
  readonly on: FlagEventType;
  readonly to: Target;
}

const LIVE = ["ramping", "waiting", "complete"] as const satisfies readonly FlagState[];
const STOPPED = ["paused", "rolled_back", "killed"] as const satisfies readonly FlagState[];

/**
 * The table of transitions, the one place where a flag moves. What is not in it is refused. Nothing is promoted by time: `stalled` only asks for a
 * person. The guard may trip wherever there is a share, paused and waiting included; `kill` is legal everywhere.
 */
export const TRANSITIONS: readonly Rule[] = [
  { from: ["off"], on: "start", to: "begin" },
  { from: ["paused"], on: "start", to: "resume" },
  { from: ["shadow", "ramping", "waiting"], on: "evidence", to: "next" },
  { from: ["shadow", "ramping", "waiting", "paused"], on: "advance", to: "next" },
  { from: ["waiting"], on: "approve", to: "next" },
  { from: ["shadow", "ramping"], on: "stalled", to: "waiting" },
  { from: ["shadow", ...LIVE], on: "pause", to: "paused" },
  { from: [...LIVE, "paused"], on: "trip", to: "rolled_back" },
  { from: FLAG_STATES, on: "kill", to: "killed" },
  { from: STOPPED, on: "rearm", to: "begin" },
];

/** The flag after the event, or `undefined` when it is not legal in this state. */
export function move(flag: Flag, event: FlagEvent, now: number): Flag | undefined {
  const rule = TRANSITIONS.find(({ from, on }) => on === event.type && from.includes(flag.state));
  if (!rule || (event.type === "trip" && liveShareOf(flag) === 0)) return undefined;
  const next: Flag = { ...flag, version: flag.version + 1 };
  switch (rule.to) {
    case "begin":
      return entered(newEpoch({ ...next, guard: CALM, effect: null, fault: null }), flag.firstRung, now);
    case "resume":
      // Copies have missed what was done meanwhile: they begin anew, and so does the evidence.
      if (flag.rung === SHADOW_RUNG) return entered(newEpoch(next), SHADOW_RUNG, now);
      return { ...next, state: stateAt(flag.rung) };
    case "next":
      return entered(next, Math.min(flag.rung + 1, TOP_RUNG), now);
    case "waiting":
    case "paused":
      return { ...next, state: rule.to };
    case "rolled_back":
    case "killed":
      return stopped(next, rule.to, now);
  }
}

function entered(flag: Flag, rung: number, now: number): Flag {
  return { ...flag, state: stateAt(rung), rung, trials: { ok: 0, err: 0 }, enteredAt: now };
}

function stateAt(rung: number): FlagState {
  if (rung === SHADOW_RUNG) return "shadow";
  return rung === TOP_RUNG ? "complete" : "ramping";
}

function stopped(flag: Flag, state: "rolled_back" | "killed", now: number): Flag {
  // Killing what has no share any more takes nothing back, so what is being watched stays watched.
  const withdrawn = liveShareOf(flag) > 0;
  const { epoch } = newEpoch(flag);
  const effect: Effect = { epoch, since: now, strays: 0, lastStrayAt: null, safe: 0, verdict: null };
  return { ...newEpoch(flag), state, effect: withdrawn ? effect : flag.effect, fault: null, enteredAt: now };
}

const newEpoch = (flag: Flag): Flag => ({ ...flag, epoch: flag.epoch + 1 });

/** Where a flag stood when somebody decided, as far as they say so. */
export interface Standing {
  readonly epoch?: number | undefined;
  readonly rung?: number | undefined;
  readonly state?: FlagState | undefined;
}

/**
 * Whether a decision was taken with this very flag before one's eyes. Two who decide at once mean one rung and not two, and one whose command got no answer may
 * send it again.
 */
export const standsAt = (flag: Flag, { epoch = flag.epoch, rung = flag.rung, state = flag.state }: Standing): boolean =>
  flag.epoch === epoch && flag.rung === rung && flag.state === state;

/** The share of subjects, in 1/10,000, that the new path has right now. */
export function liveShareOf({ state, rung }: Pick<Flag, "state" | "rung">): number {
  switch (state) {
    case "ramping":
    case "waiting":
    case "paused":
    case "complete":
      return shareOf(rung);
    case "off":
    case "shadow":
    case "rolled_back":
    case "killed":
      return 0;
  }
}

/** Whether requests are mirrored: while the first rung is being judged, and nowhere else. */
export const isMirrored = ({ state, rung }: Pick<Flag, "state" | "rung">): boolean =>
  rung === SHADOW_RUNG && (state === "shadow" || state === "waiting");
