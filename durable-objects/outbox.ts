import { messageOf, portableMessage } from "../src/domain/message-text.ts";
import type { QueueMessages, QueueName } from "../src/domain/messages.ts";
import { sendMessages } from "../src/platform/queue-send.ts";
import type { Job, JobHandlers } from "./job.ts";
import type { DueWork } from "./work.ts";

/** The producers an object sends through. */
export type OutboxQueues = { readonly [Name in QueueName]: Pick<Queue<QueueMessages[Name]>, "sendBatch"> };

export const queuesOf = (env: ObjectsEnv): OutboxQueues => ({
  orders: env.ORDERS_QUEUE,
  payments: env.PAYMENTS_QUEUE,
  events: env.EVENTS_QUEUE,
  notifications: env.NOTIFICATIONS_QUEUE,
});

const kindOf = (queue: QueueName): string => `send:${queue}`;

/**
 * The transactional outbox: a message is a row of work, written with the change that it tells of. No change without its message, no
 * message without its change. It may be sent twice (a crash between the send and the row's removal); its id tells consumers.
 */
export class Outbox {
  readonly #work: DueWork;

  constructor(work: DueWork) {
    this.#work = work;
  }

  /** Returns the id of the row, to be run after the commit. */
  put<Name extends QueueName>(queue: Name, message: QueueMessages[Name], now: number): string {
    const id = `${kindOf(queue)}:${message.id}`;
    this.#work.put({ id, kind: kindOf(queue), payload: portableMessage(message) }, now);
    return id;
  }
}

/**
 * The work handlers behind an outbox, one per queue. Rows go only after the queue took their messages, and with the next commit: a message that is sent twice
 * has one id.
 */
export function outboxHandlers(queues: OutboxQueues): JobHandlers {
  return {
    [kindOf("orders")]: (jobs) => flush(queues.orders, jobs),
    [kindOf("payments")]: (jobs) => flush(queues.payments, jobs),
    [kindOf("events")]: (jobs) => flush(queues.events, jobs),
    [kindOf("notifications")]: (jobs) => flush(queues.notifications, jobs),
  };
}

async function flush<M>(queue: Pick<Queue<M>, "sendBatch">, jobs: readonly Job[]): Promise<"sent"> {
  // SAFETY: rows of this kind are only written by `Outbox.put`, which types the message for its queue.
  await sendMessages(
    queue,
    jobs.map((job) => messageOf(job.payload) as M),
  );
  return "sent";
}
