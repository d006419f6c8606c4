import type { BoardAlert } from "../../src/domain/live.ts";

export interface News {
  /** What has been in force already; null as long as nobody has said what is. */
  readonly known: ReadonlySet<string> | null;
  readonly fresh: readonly BoardAlert[];
}

/**
 * What is new among the alerts. Nothing is of those that were there when they were first heard of; and that a board shows none because it has not heard of any (`isHeard`)
 * ends none of those before it: they would all be new when it does.
 */
export function newsOf(known: News["known"], alerts: readonly BoardAlert[], isHeard: boolean): News {
  if (!isHeard) return { known, fresh: [] };
  const fresh = known === null ? [] : alerts.filter(({ id }) => !known.has(id));
  return { known: new Set(alerts.map(({ id }) => id)), fresh };
}
