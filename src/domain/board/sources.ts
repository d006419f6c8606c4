import type { AlertsInForce } from "../alerts/record.ts";
import type { MinuteCounts, MinuteMoney, ShardSummary, Sight, SliceSummary } from "../events/summary.ts";

/** How a source answers. Times in UTC ms; `answeredAt` is null when it never did. */
export interface Answers {
  readonly name: string;
  readonly answeredAt: number | null;
  /** Since when it has not answered; null while it does. */
  readonly staleSince: number | null;
}

/** All that is known of a shard: its newest summary, and the minutes that its summaries brought one by one. */
export interface ShardView extends Answers {
  readonly summary: ShardSummary | null;
  readonly counts: Map<number, MinuteCounts>;
  /** By minute and currency. */
  readonly money: Map<string, MinuteMoney>;
  /** The first minute that is kept. */
  readonly since: number;
  readonly uniques: NonNullable<ShardSummary["uniques"]> | null;
}

export interface SliceView extends Answers {
  readonly summary: SliceSummary | null;
  readonly products: NonNullable<SliceSummary["products"]>;
}

/** The alerts in force, as the book last said; null while it has said nothing, which is not the same as none. */
export interface AlertsView extends Answers {
  readonly inForce: AlertsInForce | null;
}

const NEVER = { answeredAt: null, staleSince: null } as const;

export const UNSEEN_ALERTS: AlertsView = { ...NEVER, name: "alerts", inForce: null };
export const unseenShard = (name: string): ShardView => ({
  ...NEVER,
  name,
  summary: null,
  counts: new Map(),
  money: new Map(),
  since: 0,
  uniques: null,
});
export const unseenSlice = (name: string): SliceView => ({ ...NEVER, name, summary: null, products: [] });

export const sightOf = ({ summary }: ShardView | SliceView): Sight | undefined =>
  summary ? { life: summary.life, version: summary.version } : undefined;

/**
 * A shard that went on from what was seen of it told what changed; one that started anew told everything, and what it does not mention
 * did not survive. Minutes before `since` are forgotten. The view that was given is used up: its minutes, two days of them, are taken over
 * and not copied with every tick.
 */
export function seeShard(view: ShardView, summary: ShardSummary, now: number, since: number): ShardView {
  const goesOn = view.summary?.life === summary.life;
  const { counts, money } = goesOn ? view : unseenShard(view.name);
  for (const row of summary.counts) counts.set(row.minute, row);
  for (const row of summary.money) money.set(`${row.minute} ${row.currency}`, row);
  if (since !== view.since || !goesOn) {
    for (const [key, { minute }] of counts) if (minute < since) counts.delete(key);
    for (const [key, { minute }] of money) if (minute < since) money.delete(key);
  }
  const uniques = summary.uniques ?? (goesOn ? view.uniques : null);
  return { name: view.name, summary, counts, money, since, uniques, answeredAt: now, staleSince: null };
}

export function seeSlice(view: SliceView, summary: SliceSummary, now: number): SliceView {
  return { name: view.name, summary, products: summary.products ?? view.products, answeredAt: now, staleSince: null };
}

export const seeAlerts = ({ name }: AlertsView, inForce: AlertsInForce, now: number): AlertsView => {
  return { name, inForce, answeredAt: now, staleSince: null };
};

/** What was seen of a source that does not answer stays; the view says that it is old. */
export const missed = <V extends Answers>(view: V, now: number): V =>
  view.staleSince === null ? { ...view, staleSince: view.answeredAt ?? now } : view;
