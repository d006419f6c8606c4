import type { Sequence } from "../state/table.ts";
import { missingResource } from "./errors.ts";

export type PageQuery = {
  readonly limit: number;
  readonly starting_after?: string | undefined;
  readonly ending_before?: string | undefined;
  readonly created?:
    | {
        readonly gt?: number | undefined;
        readonly gte?: number | undefined;
        readonly lt?: number | undefined;
        readonly lte?: number | undefined;
      }
    | undefined;
};

export type Page<Row> = { readonly rows: readonly Row[]; readonly has_more: boolean };

/**
 * One page, newest first. A cursor is a position and not a time, so rows of one second are neither skipped nor
 * repeated. `ending_before` reads the rows just above its cursor, and answers them newest first as well.
 */
export function pageOf<Row extends { readonly id: string }>(
  sequence: Sequence<Row>,
  query: PageQuery,
  keep: (row: Row) => boolean = () => true,
): Page<Row> {
  const { first, end } = timeWindow(sequence, query.created);
  if (query.ending_before !== undefined) {
    const from = Math.max(first, cursor(sequence, query.ending_before, "ending_before") + 1);
    const { rows, has_more } = take(sequence, { from, to: end, step: 1, limit: query.limit }, keep);
    return { rows: rows.toReversed(), has_more };
  }
  const below = query.starting_after === undefined ? end : cursor(sequence, query.starting_after, "starting_after");
  return take(sequence, { from: Math.min(end, below) - 1, to: first - 1, step: -1, limit: query.limit }, keep);
}

/** Indexes: `first` inclusive, `end` exclusive. */
function timeWindow<Row>(sequence: Sequence<Row>, created: PageQuery["created"]): { first: number; end: number } {
  const since_s = Math.max(created?.gte ?? -Infinity, (created?.gt ?? -Infinity) + 1);
  const until_s = Math.min(created?.lte ?? Infinity, (created?.lt ?? Infinity) - 1);
  return {
    first: since_s === -Infinity ? 0 : sequence.firstSince(since_s),
    end: until_s === Infinity ? sequence.length : sequence.firstSince(until_s + 1),
  };
}

function cursor<Row>(sequence: Sequence<Row>, id: string, param: string): number {
  const index = sequence.indexOf(id);
  if (index < 0) throw missingResource("object", id, { param, in_path: false });
  return index;
}

function take<Row>(
  sequence: Sequence<Row>,
  { from, to, step, limit }: { from: number; to: number; step: 1 | -1; limit: number },
  keep: (row: Row) => boolean,
): { rows: Row[]; has_more: boolean } {
  const rows: Row[] = [];
  for (let index = from; step > 0 ? index < to : index > to; index += step) {
    const row = sequence.at(index);
    if (row === undefined || !keep(row)) continue;
    if (rows.length === limit) return { rows, has_more: true };
    rows.push(row);
  }
  return { rows, has_more: false };
}
