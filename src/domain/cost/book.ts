import { refuse, type Refusal, type Result, ok } from "../result.ts";
import type { Advice } from "./advice.ts";
import { bounded, SETTING_NAMES, type SettingName, type Settings, type SettingsLease, USUAL } from "./settings.ts";

export type CostDecisionKind = "recommended" | "withdrawn" | "applied" | "reverted";

/** A line of the log. Times in UTC ms. */
export interface CostDecision {
  readonly at: number;
  readonly kind: CostDecisionKind;
  /** The id of the advice. */
  readonly advice: string;
  readonly text: string;
  /** Who, or `costs` when nobody was asked. */
  readonly by: string;
  readonly evidence: Readonly<Record<string, number | boolean | string>>;
}

export interface Applied {
  readonly advice: string;
  readonly value: number;
  readonly at: number;
  readonly by: string;
}

/** What is in force, and what is recommended, so that the log tells each only once. */
export interface BookState {
  /** Grows with every change of a setting. */
  readonly epoch: number;
  readonly applied: Readonly<Partial<Record<SettingName, Applied>>>;
  readonly standing: Readonly<Record<string, string>>;
}

export const NEW_BOOK: BookState = { epoch: 0, applied: {}, standing: {} };

export const settingsOf = ({ applied }: BookState): Settings => ({
  catalog_item_s: applied.catalog_item_s?.value ?? USUAL.catalog_item_s,
  catalog_page_s: applied.catalog_page_s?.value ?? USUAL.catalog_page_s,
  enrichment_s: applied.enrichment_s?.value ?? USUAL.enrichment_s,
  log_share: applied.log_share?.value ?? USUAL.log_share,
});

export const leaseOf = (state: BookState): SettingsLease => ({ epoch: state.epoch, settings: settingsOf(state) });

export interface Moved {
  readonly state: BookState;
  readonly decisions: readonly CostDecision[];
  /** Asked for before, and in force: nothing was done. */
  readonly repeated: boolean;
}

export type ApplyRefusal =
  | (Refusal & { readonly reason: "unknown_advice" })
  | (Refusal & { readonly reason: "not_safe" })
  | (Refusal & { readonly reason: "not_applied" });

interface Command {
  readonly id: string;
  readonly by: string;
  readonly now: number;
}

/** `given`: what is recommended at this moment. Applying what is in force changes nothing, whether or not it would still be recommended. */
export function apply(
  state: BookState,
  given: readonly Advice[],
  { id, by, now }: Command,
): Result<Moved, ApplyRefusal> {
  const advice = given.find((each) => each.id === id);
  if (!advice) {
    const isInForce = Object.values(state.applied).some((each) => each.advice === id);
    return isInForce ? ok({ state, decisions: [], repeated: true }) : refuse({ reason: "unknown_advice" });
  }
  const { change, safe } = advice;
  if (change.kind !== "live" || !safe) return refuse({ reason: "not_safe" });
  const value = bounded(change.setting, change.to);
  const applied = { ...state.applied, [change.setting]: { advice: id, value, at: now, by } };
  const { [id]: _, ...standing } = state.standing;
  const evidence = { ...advice.evidence, setting: change.setting, from: change.from, to: value };
  const text = `${advice.title}. ${advice.why}`;
  return ok({
    state: { epoch: state.epoch + 1, applied, standing },
    decisions: [{ at: now, kind: "applied", advice: id, text, by, evidence }],
    repeated: false,
  });
}

/** Back to what was deployed. */
export function revert(state: BookState, { id, by, now }: Command): Result<Moved, ApplyRefusal> {
  // A piece of advice is about one setting.
  const setting = SETTING_NAMES.find((name) => state.applied[name]?.advice === id);
  if (!setting) return refuse({ reason: "not_applied" });
  const { [setting]: mine, ...applied } = state.applied;
  const evidence = { setting, from: mine?.value ?? USUAL[setting], to: USUAL[setting] };
  const text = `Taken back: ${setting} from ${evidence.from} to ${evidence.to}, as deployed.`;
  return ok({
    state: { ...state, epoch: state.epoch + 1, applied },
    decisions: [{ at: now, kind: "reverted", advice: id, text, by, evidence }],
    repeated: false,
  });
}

/** Writes down what is newly recommended, or is no longer. The same advice with other figures is no news; with another aim it is. */
export function takeStock(state: BookState, given: readonly Advice[], now: number): Moved {
  const fresh = given.filter(({ id, title }) => state.standing[id] !== title);
  const gone = Object.entries(state.standing).filter(([id]) => !given.some((each) => each.id === id));
  const decisions: CostDecision[] = [
    ...fresh.map(({ id, title, why, safe, dollarsPerMonth, evidence }) => ({
      at: now,
      kind: "recommended" as const,
      advice: id,
      text: `${title}. ${why}`,
      by: "costs",
      evidence: { ...evidence, safe, dollars_per_month: dollarsPerMonth },
    })),
    ...gone.map(([id, title]) => ({
      at: now,
      kind: "withdrawn" as const,
      advice: id,
      text: `No longer recommended: ${title}.`,
      by: "costs",
      evidence: {},
    })),
  ];
  const standing = Object.fromEntries(given.map(({ id, title }) => [id, title]));
  return { state: { ...state, standing }, decisions, repeated: decisions.length === 0 };
}
