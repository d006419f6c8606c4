import type * as z from "zod";
import {
  eventsMessageSchema,
  ordersMessageSchema,
  paymentsMessageSchema,
  type QueueMessages,
  type QueueName,
} from "./messages.ts";
import { notificationsMessageSchema } from "./notifications.ts";

/** How each queue's messages are read, by consumers and by whoever looks at what they gave up on. */
export const MESSAGE_SCHEMAS = {
  orders: ordersMessageSchema,
  payments: paymentsMessageSchema,
  events: eventsMessageSchema,
  notifications: notificationsMessageSchema,
} satisfies { readonly [Name in QueueName]: z.ZodType<QueueMessages[Name]> };
