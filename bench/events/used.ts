import * as z from "zod";

const objects = z.array(z.object({ name: z.string(), rows_written: z.int() }));

/** The objects that count events, as the board lists them: shards fold them by visitor, and slices by product. */
export const boardSchema = z.object({ shards: objects, slices: objects });

/** What has been used so far of what is billed. */
export interface Counts {
  /** Rows written, by object. */
  readonly rows: Readonly<Record<string, number>>;
  readonly operations: number;
  readonly batches: number;
  readonly cpuMs: number;
  readonly calls: Readonly<Record<string, number>>;
}

export const rowsByObject = ({ shards, slices }: z.infer<typeof boardSchema>): Counts["rows"] =>
  Object.fromEntries([...shards, ...slices].map(({ name, rows_written: rows }) => [name, rows]));

/** What was used in between. Objects that wrote nothing are left out: one that sleeps is not billed. */
export function difference(after: Counts, before: Counts): Counts {
  return {
    rows: growth(after.rows, before.rows),
    operations: after.operations - before.operations,
    batches: after.batches - before.batches,
    cpuMs: after.cpuMs - before.cpuMs,
    calls: growth(after.calls, before.calls),
  };
}

function growth(after: Counts["rows"], before: Counts["rows"]): Counts["rows"] {
  const grown = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, count]) => count > 0));
}
