import * as z from "zod";
import { type Reader, type Readers, readIntent } from "../../src/payments/webhook-events.ts";
import { READERS as BEFORE } from "../../src/payments/webhook-readers.ts";

/** What a shop writes into src/payments/webhook-readers.ts when an API version has renamed `amount_received` to `amount_captured`. */
const objectSchema = z.looseObject({
  amount_received: z.unknown().optional(),
  amount_captured: z.unknown().optional(),
});

const readEitherName: Reader = (event) => {
  const parsed = objectSchema.safeParse(event.data.object);
  if (!parsed.success) return readIntent(event);
  const { amount_received: before, amount_captured: now } = parsed.data;
  return readIntent({ ...event, data: { object: { ...parsed.data, amount_received: before ?? now } } });
};

export const READERS: Readers = { ...BEFORE, "payment_intent.succeeded": readEitherName };
