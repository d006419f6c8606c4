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

const queuesSchema = z.object({ queues: z.array(z.object({ queue: z.string(), backlog: z.int() })) });

/** Something that has not moved for so long has stopped. */
const STANDSTILL_MS = 60_000;
const LOOK_EVERY_MS = 100;

/** What the shards say of the events that reached them, each counted once. */
export const readLedger = (admin: AdminClient): Promise<Ledger> =>
  admin.get("/admin/v1/analytics/ledger", ledgerSchema);

/** Waits until so many events were received, all of them are settled, and no queue holds a message. One that gets lost ends the wait. */
export async function settleEvents(admin: AdminClient, received: number): Promise<Ledger> {
  let seen = "";
  let since = Date.now();
  for (;;) {
    const ledger = await readLedger(admin);
    if (ledger.received >= received && ledger.pending === 0) {
      const { queues } = await admin.get("/admin/v1/metrics", queuesSchema);
      if (queues.every(({ backlog }) => backlog === 0)) return ledger;
    }
    const now = JSON.stringify(ledger);
    if (now !== seen) [seen, since] = [now, Date.now()];
    if (Date.now() - since > STANDSTILL_MS) {
      throw new Error(`${ledger.received} of ${received} events were received, ${ledger.pending} of them are pending`);
    }
    await setTimeout(LOOK_EVERY_MS);
  }
}
