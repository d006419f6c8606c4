/**
 * Does the work for each item, at most so many at a time. When this ends nothing of it is under way any more, not even after a failure: what lands later would
 * land in the middle of whatever comes next. After a failure nothing is begun any more, and the first one is thrown.
 */
export async function inLanes<T>(items: readonly T[], lanes: number, work: (item: T) => Promise<void>): Promise<void> {
  // One iterator shared by all lanes: each takes the next item when it is done with its last.
  const rest = items.values();
  let isFailed = false;
  const lane = async (): Promise<void> => {
    for (const item of rest) {
      if (isFailed) return;
      try {
        await work(item);
      } catch (error) {
        isFailed = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(lanes, items.length) }, lane));
  for (const each of ended) if (each.status === "rejected") throw each.reason;
}
