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

  /** Acknowledges what is done and has the rest delivered again. Answers how many that are. */
  settle(): { readonly done: number; readonly failed: number } {
    for (const message of this.#messages) {
      if (this.#failed.has(message)) message.retry({ delaySeconds: retryAfterSeconds(message.attempts) });
      else message.ack();
    }
    return { done: this.#messages.length - this.#failed.size, failed: this.#failed.size };
  }
}
