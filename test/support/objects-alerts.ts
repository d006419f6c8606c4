import { afterEach, beforeEach, vi } from "vitest";
import { type AlertNotification, notificationsMessageSchema } from "../../src/domain/notifications.ts";
import { env } from "./objects.ts";

/** What other systems are told of alerts, as the queue's consumer reads it: what that would refuse is told to nobody. */
export const told: AlertNotification[] = [];

beforeEach(() => {
  told.length = 0;
  // All queues are one class, so what is not about alerts comes by here as well.
  vi.spyOn(Object.getPrototypeOf(env.NOTIFICATIONS_QUEUE) as Queue, "sendBatch").mockImplementation(
    async (messages) => {
      for (const { body } of messages) {
        const message = notificationsMessageSchema.safeParse(body).data;
        if (message?.type === "alert.fired" || message?.type === "alert.cleared") told.push(message);
      }
      return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
    },
  );
});
afterEach(() => void vi.restoreAllMocks());

/** Of one subject: what was told of it, in the order in which it was. */
export const toldOf = (key: string): AlertNotification[] => told.filter(({ alert }) => alert.subject.key === key);
