import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import type { AdminClient } from "../../scripts/admin-client.ts";

const count = z.int().min(0);
const ledgerSchema = z.object({
  received: count,
  applied: count,
  duplicate: count,
  late: count,
  rejected: count,
  pending: count,
  rejected_by: z.array(z.object({ reason: z.string(), count })),
  facts: z.array(z.object({ type: z.string(), count })),
});
export type Ledger = z.infer<typeof ledgerSchema>;

/** Who can be asked. */
type Reader = Pick<AdminClient, "get">;

const queuesSchema = z.object({ queues: z.array(z.object({ queue: z.string(), backlog: z.int() })) });

/** Something that has not moved for so long has stopped. */
const STANDSTILL_MS = 60_000;
const LOOK_EVERY_MS = 100;

/** What the shards say of the events that reached them, each counted once. */
export const readLedger = (admin: Reader): Promise<Ledger> => admin.get("/admin/v1/analytics/ledger", ledgerSchema);

/**
 * Waits until so many events more than `before` are applied, nothing is pending and no queue holds a message. A shop that others used has counted theirs
 * as well, so only what has come since says anything; and what was received may still end as late, rejected or a duplicate, which is not applied. Such an
 * event, and one that gets lost, ends the wait.
 */
export async function settleEvents(
  admin: Reader,
  before: Ledger,
  events: number,
  standstillMs: number = STANDSTILL_MS,
): Promise<Ledger> {
  let seen = "";
  let since = Date.now();
  for (;;) {
    const ledger = await readLedger(admin);
    if (ledger.applied - before.applied >= events && ledger.pending === 0) {
      const { queues } = await admin.get("/admin/v1/metrics", queuesSchema);
      if (queues.every(({ backlog }) => backlog === 0)) return ledger;
    }
    const now = JSON.stringify(ledger);
    if (now !== seen) [seen, since] = [now, Date.now()];
    if (Date.now() - since > standstillMs) throw new Error(shortfall(ledger, before, events));
    await setTimeout(LOOK_EVERY_MS);
  }
}

function shortfall(ledger: Ledger, before: Ledger, events: number): string {
  const more = (name: "applied" | "duplicate" | "late" | "rejected"): number => ledger[name] - before[name];
  const others = `${more("duplicate")} were duplicates, ${more("late")} late, ${more("rejected")} rejected`;
  return `${more("applied")} of ${events} events were applied; ${others}, ${ledger.pending} are pending`;
}
