import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import type { AdminClient } from "../../scripts/admin-client.ts";

const TIMEOUT_MS = 60_000;
const LOOK_EVERY_MS = 100;

const metricsSchema = z.object({
  queues: z.array(z.object({ queue: z.string(), backlog: z.number() })),
  facts: z.array(z.object({ type: z.string(), count: z.number() })),
});

/** Waits until so many orders are paid and no message is left. Answers since when none was (`performance.now()`). */
export async function settleOrders(admin: AdminClient, paid: number): Promise<number> {
  const giveUpAt = Date.now() + TIMEOUT_MS;
  let emptySince: number | undefined;
  for (;;) {
    const { count, waiting } = await look(admin);
    emptySince = waiting > 0 ? undefined : (emptySince ?? performance.now());
    // Analytics counts a paid order last of all, and the board knows a little later.
    if (count >= paid && emptySince !== undefined) return emptySince;
    if (Date.now() > giveUpAt) throw new Error(`${count} of ${paid} orders were paid and ${waiting} messages wait`);
    await setTimeout(LOOK_EVERY_MS);
  }
}

async function look(admin: AdminClient): Promise<{ readonly count: number; readonly waiting: number }> {
  const { queues, facts } = await admin.get("/admin/v1/metrics", metricsSchema);
  return {
    count: facts.find(({ type }) => type === "order.paid")?.count ?? 0,
    waiting: queues.reduce((sum, { backlog }) => sum + backlog, 0),
  };
}

/** The orders of one benchmark, round by round: whatever was paid before a round belongs to others. */
export class RoundOfOrders {
  readonly #admin: AdminClient;
  #before = 0;
  #accepted = 0;

  constructor(admin: AdminClient) {
    this.#admin = admin;
  }

  async begin(): Promise<void> {
    this.#before = (await look(this.#admin)).count;
    this.#accepted = 0;
  }

  accepted(): void {
    this.#accepted += 1;
  }

  /** An order that gets lost ends the run. */
  settle(): Promise<number> {
    return settleOrders(this.#admin, this.#before + this.#accepted);
  }
}
