import { log } from "../platform/log.ts";
import { type RawMessage, retryAfterSeconds } from "../platform/queue-batch.ts";

/** What several tasks do for the messages of one queue batch: a message is acknowledged only when every task that it needs is done. */
export class Settlement {
  readonly #failed = new Map<RawMessage, string>();
  readonly #messages: readonly RawMessage[];

  constructor(messages: readonly RawMessage[]) {
    this.#messages = messages;
  }

  /** Runs a task. It never throws: when the task does, the messages that need it are delivered again. */
  async run(task: string, messages: readonly RawMessage[], work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      log("error", "events_task_failed", { task, messages: messages.length, error: String(error) });
      for (const message of messages) this.#failed.set(message, task);
    }
  }

  /** Acknowledges what is done and has the rest delivered again. Answers how many that are, and in how many ms the last of them comes again. */
  settle(): { readonly done: number; readonly failed: number; readonly retriedFor: number } {
    let delaySeconds = 0;
    for (const message of this.#messages) {
      if (!this.#failed.has(message)) {
        message.ack();
        continue;
      }
      const delay = retryAfterSeconds(message.attempts);
      message.retry({ delaySeconds: delay });
      delaySeconds = Math.max(delaySeconds, delay);
    }
    const failed = this.#failed.size;
    return { done: this.#messages.length - failed, failed, retriedFor: delaySeconds * 1_000 };
  }
}
