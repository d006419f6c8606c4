import type { QueueName } from "../domain/messages.ts";

/** The queues that the platform moves messages to when they have run out of retries. One DeadLetters object each. */
export const DEAD_QUEUES = ["orders-dead", "payments-dead", "events-dead", "notifications-dead"] as const;
export type DeadQueue = (typeof DEAD_QUEUES)[number];

/** Where its letters came from, and go again when they are replayed. */
export const LIVE_QUEUES = {
  "orders-dead": "orders",
  "payments-dead": "payments",
  "events-dead": "events",
  "notifications-dead": "notifications",
} as const satisfies Record<DeadQueue, QueueName>;

export const isDeadQueue = (name: string): name is DeadQueue => Object.hasOwn(LIVE_QUEUES, name);
