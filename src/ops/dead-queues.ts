/** The queues that the platform moves messages to when they have run out of retries. One DeadLetters object each. */
export const DEAD_QUEUES = ["orders-dead", "payments-dead", "events-dead", "notifications-dead"] as const;
export type DeadQueue = (typeof DEAD_QUEUES)[number];
