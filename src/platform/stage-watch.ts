import type { Lane } from "../domain/pipeline/stages.ts";
import { type Coordinator, PipelineLink } from "./pipeline-link.ts";
import type { RawBatch } from "./queue-batch.ts";

/**
 * Watches a consumer without its knowing: what it acknowledges went well, what it has delivered again did not. The heartbeat goes out after the batch, and
 * only then, so a consumer without messages is silent.
 */
export class StageWatch {
  readonly #lane: Lane;
  readonly #link: PipelineLink;

  constructor(lane: Lane, from: string) {
    this.#lane = lane;
    this.#link = new PipelineLink(from);
  }

  /** The batch, to be handed to the consumer. */
  over(batch: RawBatch): RawBatch {
    const startedAt = Date.now();
    const link = this.#link;
    const lane = this.#lane;
    const messages = batch.messages.map((message) => ({
      id: message.id,
      body: message.body,
      attempts: message.attempts,
      ack: () => {
        link.tally(lane).done(Date.now() - startedAt);
        message.ack();
      },
      retry: (options?: QueueRetryOptions) => {
        link.tally(lane).failed(Date.now() - startedAt, "a message has to be delivered again");
        link.defer(lane, (options?.delaySeconds ?? 0) * 1_000);
        message.retry(options);
      },
    }));
    return { queue: batch.queue, messages };
  }

  /** To be called after the batch. Never rejects. */
  async tell(coordinator: Coordinator): Promise<void> {
    if (this.#link.isDue) await this.#link.tell(coordinator);
  }
}
