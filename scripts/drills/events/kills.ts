import { setTimeout } from "node:timers/promises";
import { randomFrom } from "../../../bench/events/random.ts";
import { allSkus } from "../../../bench/runtime/shop.ts";
import { compare, type Line } from "./comparison.ts";
import { replayDeadLetters, viewsOf, waitForRest } from "./observe.ts";
import type { Plan } from "./plan.ts";
import { deadLettersOf, type EventsWorld, planOf } from "./run.ts";
import { Sender } from "./sender.ts";

export interface KillExercise {
  readonly kills: number;
  readonly seed: number;
  readonly progress: (text: string) => void;
}

export interface Kill {
  /** After the runtime was ready. */
  readonly afterMs: number;
  /** Events that had been acknowledged by then. */
  readonly acknowledged: number;
  /** Messages that the queue held or had handed out. */
  readonly waiting: number;
  readonly downMs: number;
}

export interface KillFindings {
  readonly plan: Plan;
  readonly lines: readonly Line[];
  readonly kills: readonly Kill[];
  readonly acknowledged: number;
  readonly repeated: number;
  readonly redelivered: number;
  /** Messages all of whose deliveries met a kill, and how many of them were replayed afterwards. */
  readonly deadLetters: number;
  readonly replayed: number;
}

/** From a runtime whose code has hardly run until one that has written several checkpoints of its log. */
const AFTER_MS = { least: 50, most: 2_000 };
const SHARES = { duplicate: 0.02, malformed: 0.01, late: 0.005 };

/** Kills the runtime at random moments while events come in; who sends them does what an SDK does. */
export async function exerciseKills(
  { shop, queues, queued }: EventsWorld,
  { kills: wanted, seed, progress }: KillExercise,
): Promise<KillFindings> {
  const plan = planOf({ seed, shares: SHARES, identified: true });
  const sender = new Sender(shop.origin);
  const random = randomFrom(seed);
  const kills: Kill[] = [];
  let isOver = false;
  const sending = sender.send(() => (isOver ? undefined : plan.next(Date.now())));
  // Whoever fails first is waited for, so that no rejection is left unhandled while the runtime is down.
  const killing = (async () => {
    for (let kill = 1; kill <= wanted; kill++) {
      const afterMs = AFTER_MS.least + random() * (AFTER_MS.most - AFTER_MS.least);
      await setTimeout(afterMs);
      const { acknowledged } = sender;
      const waiting = queues.backlog;
      const killedAt = Date.now();
      await shop.runtime.kill();
      await shop.runtime.startAgain();
      kills.push({ afterMs, acknowledged, waiting, downMs: Date.now() - killedAt });
      progress(`  ${kill} of ${wanted}: ${acknowledged} events acknowledged, ${waiting} messages not done`);
      plan.restarted();
    }
  })();
  try {
    await Promise.race([killing, sending]);
    await killing;
    isOver = true;
    await sending;
    progress("Waiting until nothing moves any more ...");
    await waitForRest(shop, queues);
    const replayed = await replayDeadLetters(shop);
    const ledger = await waitForRest(shop, queues);
    const views = await viewsOf(shop, allSkus());
    return {
      plan,
      lines: compare(plan.books, { ledger, views, queued: queued() }),
      kills,
      acknowledged: sender.acknowledged,
      repeated: sender.repeated,
      redelivered: queues.use("events").repeated + queues.use("events").retried,
      deadLetters: deadLettersOf(queues),
      replayed,
    };
  } finally {
    isOver = true;
    sender.close();
  }
}
