import {
  type LedgerSample,
  type Measured,
  rejectedShare,
  withSample,
  worstErrorShare,
} from "../../src/domain/alerts/figures.ts";
import type { AlertMetric } from "../../src/domain/alerts/metrics.ts";
import type { HeldRule } from "../../src/domain/alerts/rule.ts";
import { allSlices, parseSlices } from "../../src/domain/events/routing.ts";
import { PIPELINE } from "../../src/domain/pipeline/stages.ts";
import { log } from "../../src/platform/log.ts";
import { within } from "../within.ts";

/** Somebody who does not answer within this time was not measured. */
const ANSWER_MS = 3_000;
const DEAD_QUEUES = ["orders-dead", "payments-dead", "events-dead", "notifications-dead"];
const BOARD = "shop";
const ACCOUNT = "stripe";

/** Where a metric comes from; only who is needed is asked. */
type Source = "board" | "queues" | "dead_letters" | "payments" | "pipeline";

const SOURCES: Partial<Record<AlertMetric, Source>> = {
  "queues.backlog": "queues",
  "queues.oldest_age": "queues",
  "dead_letters.count": "dead_letters",
  "payments.wait": "payments",
  "payments.failed_share": "payments",
  "stages.error_share": "pipeline",
};

/** Measures what the shop's rules watch. Never throws: who cannot be asked leaves its metrics out. */
export class Measurer {
  readonly #env: ObjectsEnv;
  /** Of this start only: after one, the share of rejected events is unknown for a minute. */
  #samples: LedgerSample[] = [];

  constructor(env: ObjectsEnv) {
    this.#env = env;
  }

  async measure(rules: readonly HeldRule[], now: number): Promise<Measured> {
    const wanted = new Set(
      rules.flatMap(({ rule }) => (rule.scope.kind === "shop" ? [SOURCES[rule.metric] ?? "board"] : [])),
    );
    const parts = await Promise.all([
      wanted.has("board") ? asked("board", () => this.#board()) : {},
      wanted.has("queues") ? asked("queues", () => this.#queues(now)) : {},
      wanted.has("dead_letters") ? asked("dead_letters", () => this.#deadLetters()) : {},
      wanted.has("payments") ? asked("payments", () => this.#payments()) : {},
      wanted.has("pipeline") ? asked("pipeline", () => this.#pipeline()) : {},
    ]);
    return Object.assign({}, ...parts) as Measured;
  }

  /** The sum over all slices; nothing when one of them does not answer. */
  async category(category: string, metric: AlertMetric): Promise<number | undefined> {
    const { PRODUCT_METRICS: objects, PRODUCT_SLICES } = this.#env;
    const slices = allSlices(parseSlices(PRODUCT_SLICES)).map((name) => objects.getByName(name));
    try {
      const answers = await within(ANSWER_MS, Promise.all(slices.map((slice) => slice.category(category, metric))));
      const known = answers?.value.filter((value) => value !== null) ?? [];
      return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
    } catch (error) {
      log("warn", "alert_source_silent", { source: "slices", error: String(error) });
      return undefined;
    }
  }

  async #board(): Promise<Measured> {
    const figures = await this.#env.LIVE_BOARD.getByName(BOARD).figures();
    if (!figures) return {};
    this.#samples = withSample(this.#samples, figures.ledger);
    return { ...figures.measured, "events.rejected_share": rejectedShare(this.#samples) };
  }

  async #queues(now: number): Promise<Measured> {
    const { ORDERS_QUEUE, PAYMENTS_QUEUE, EVENTS_QUEUE, NOTIFICATIONS_QUEUE } = this.#env;
    const queues: Queue[] = [ORDERS_QUEUE, PAYMENTS_QUEUE, EVENTS_QUEUE, NOTIFICATIONS_QUEUE];
    const all = await Promise.all(queues.map((queue) => queue.metrics()));
    // Zero is how an empty queue says that it has no oldest message.
    const oldest = all.flatMap(({ oldestMessageTimestamp: at }) => (at && at.getTime() > 0 ? [at.getTime()] : []));
    return {
      "queues.backlog": all.reduce((sum, { backlogCount }) => sum + backlogCount, 0),
      "queues.oldest_age": oldest.length === 0 ? 0 : Math.max(0, now - Math.min(...oldest)) / 1_000,
    };
  }

  async #deadLetters(): Promise<Measured> {
    const counts = await Promise.all(DEAD_QUEUES.map((queue) => this.#env.DEAD_LETTERS.getByName(queue).count()));
    return { "dead_letters.count": counts.reduce((sum, count) => sum + count, 0) };
  }

  async #payments(): Promise<Measured> {
    const { queueMs, failedShare } = await this.#env.PAYMENT_THROTTLE.getByName(ACCOUNT).status();
    return { "payments.wait": queueMs / 1_000, "payments.failed_share": failedShare ?? undefined };
  }

  async #pipeline(): Promise<Measured> {
    const { stages } = await this.#env.PIPELINE_COORDINATOR.getByName(PIPELINE).view();
    return { "stages.error_share": worstErrorShare(stages.map(({ indicators }) => indicators)) };
  }
}

async function asked(source: Source, measure: () => Promise<Measured>): Promise<Measured> {
  try {
    const answer = await within(ANSWER_MS, measure());
    if (answer) return answer.value;
    log("warn", "alert_source_silent", { source, error: `no answer within ${ANSWER_MS} ms` });
  } catch (error) {
    log("warn", "alert_source_silent", { source, error: String(error) });
  }
  return {};
}
