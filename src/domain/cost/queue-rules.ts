import type { QueueName } from "../messages.ts";
import { platformQueue } from "../queue-names.ts";
import { type Advice, type Facts, type Rule, WORTH_PER_MONTH } from "./advice.ts";
import { countOf } from "./counts.ts";
import { perMonth } from "./costs.ts";
import { DEPLOYED, type QueueSetting } from "./deployed.ts";
import { priceOf } from "./prices.ts";

/** The time-outs that are considered, in s. Beyond the last one an order's read model or a board is plainly late. */
const TIMEOUTS_S = [1, 2, 5] as const;
const BATCHES_MIN = 1_000;

const DELAYS: Readonly<Record<QueueName, string>> = {
  orders: "the order's row in lists",
  payments: "every charge",
  events: "every figure on the board, whose aim is a second",
  notifications: "webhooks to other systems",
};

/** Longer batches: fewer invocations of the consumer, and for events fewer calls of the shards. */
export const batchTimeouts: Rule = (facts) =>
  // Money does not wait for a fuller batch.
  (["orders", "events", "notifications"] as const).flatMap((queue) => {
    const setting = DEPLOYED.queues[queue];
    const messages = countOf(facts.counts, `queue.${queue}.message`);
    const batches = countOf(facts.counts, `queue.${queue}.batch`);
    if (batches < BATCHES_MIN || facts.coveredMs <= 0) return [];
    const timeoutS = TIMEOUTS_S.find((each) => each > setting.timeoutS);
    if (timeoutS === undefined) return [];
    const spared = batchesSpared({ messages, batches, coveredMs: facts.coveredMs, setting, timeoutS });
    const dollars = perMonth(spared * priceOfBatch(queue, facts), facts.coveredMs);
    if (dollars < WORTH_PER_MONTH) return [];
    return [batchAdvice(queue, setting, timeoutS, { messages, batches, spared, dollars })];
  });

/** A consumer that waits longer finds what has come meanwhile, up to a full batch. What it costs beside calls is left out, so this is too little. */
export function batchesSpared({
  messages,
  batches,
  coveredMs,
  setting,
  timeoutS,
}: {
  readonly messages: number;
  readonly batches: number;
  readonly coveredMs: number;
  readonly setting: QueueSetting;
  readonly timeoutS: number;
}): number {
  if (batches <= 0 || messages <= 0) return 0;
  const perSecond = messages / (coveredMs / 1_000);
  const now = messages / batches;
  const then = Math.min(setting.batchSize, Math.max(now, 1 + perSecond * timeoutS));
  return Math.max(0, batches - messages / Math.max(now, then));
}

/** Each batch of events calls every shard once, in the worst case. */
const priceOfBatch = (queue: QueueName, { shards }: Facts): number =>
  priceOf("workerRequest") +
  DEPLOYED.headSampling * priceOf("logEvent") +
  (queue === "events" ? shards * (priceOf("objectRequest") + DEPLOYED.headSampling * priceOf("logEvent")) : 0);

function batchAdvice(
  queue: QueueName,
  { file, batchSize, timeoutS: from }: QueueSetting,
  to: number,
  seen: { readonly messages: number; readonly batches: number; readonly spared: number; readonly dollars: number },
): Advice {
  const { messages, batches, spared, dollars } = seen;
  const lines = (timeoutS: number) => [
    `queue = "${platformQueue(queue)}"`,
    `max_batch_size = ${batchSize}`,
    `max_batch_timeout = ${timeoutS}`,
  ];
  return {
    id: `batch-timeout-${queue}`,
    title: `Let batches of \`${queue}\` fill up for ${to} s instead of ${from} s`,
    why: `${Math.round(batches)} batches brought ${Math.round(messages)} messages, ${(messages / batches).toFixed(1)} each, of ${batchSize} that fit; ${Math.round((100 * spared) / batches)} % of the batches would go.`,
    trade: `Up to ${to} s are added to ${DELAYS[queue]}.`,
    change: { kind: "deploy", file: `${file}, and src/domain/cost/deployed.ts`, from: lines(from), to: lines(to) },
    safe: false,
    dollarsPerMonth: dollars,
    evidence: { messages, batches, batches_spared: spared },
  };
}
