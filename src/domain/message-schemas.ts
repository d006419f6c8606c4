import * as z from "zod";
import { eventBatchSchema } from "./events/columns.ts";
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
  events: z.discriminatedUnion("type", [eventBatchSchema, eventsMessageSchema]),
  notifications: notificationsMessageSchema,
} satisfies { readonly [Name in QueueName]: z.ZodType<QueueMessages[Name]> };
