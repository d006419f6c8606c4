import type { DecisionBody, DecisionsBody } from "../../domain/pipeline/view.ts";
import type { DecisionSource } from "./sources.ts";

/** The number of the last line shown, per log: where each of them goes on. */
export type FeedCursor = Readonly<Record<string, number>>;

export interface FeedPage {
  readonly data: readonly DecisionBody[];
  readonly next: FeedCursor | null;
  /** Logs that are not as they were written. */
  readonly broken: DecisionsBody["chain"]["broken"];
}

const numberOf = ({ id }: DecisionBody): number => Number(id.slice(id.lastIndexOf(":") + 1));

/**
 * The newest lines of all logs together. Each log is read from where the page before left it and keeps its own order, so nothing is shown twice and nothing
 * is skipped, whatever the coordinators' clocks say.
 */
export async function feedPage(
  sources: readonly DecisionSource[],
  limit: number,
  after: FeedCursor = {},
): Promise<FeedPage> {
  const logs = await Promise.all(
    sources.map(async (source) => {
      const { lines, firstBroken } = await source.list(limit + 1, after[source.name]);
      return { name: source.name, lines: [...lines], firstBroken };
    }),
  );
  const data: DecisionBody[] = [];
  const cursor: Record<string, number> = { ...after };
  while (data.length < limit) {
    const newest = logs.reduce(
      (best, each) => ((each.lines[0]?.at ?? "") > (best?.lines[0]?.at ?? "") ? each : best),
      logs[0],
    );
    const line = newest?.lines.shift();
    if (!newest || !line) break;
    data.push(line);
    cursor[newest.name] = numberOf(line);
  }
  const broken = logs.flatMap(({ name, firstBroken }) =>
    firstBroken === null ? [] : [{ source: name, first_broken: firstBroken }],
  );
  return { data, next: logs.some(({ lines }) => lines.length > 0) ? cursor : null, broken };
}
