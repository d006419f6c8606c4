import { z } from "zod";
import { missingResource } from "../protocol/errors.ts";
import type { Rendered } from "../protocol/rendering.ts";
import { renderEvent } from "../protocol/rendering.ts";
import type { Reference } from "../state/operations.ts";
import type { Kind } from "../state/rows.ts";
import { NO_REQUEST } from "../state/store.ts";
import type { Transaction } from "../state/store.ts";
import { webhookEndpoint } from "../templates/webhook-endpoint.ts";
import { rollSecret } from "../webhooks/endpoints.ts";
import type { ControlParts } from "./control.ts";

const KINDS: readonly Kind[] = ["payment_intent", "charge", "refund", "dispute", "payment_method"];

export const eventSchema = z.strictObject({
  type: z.string().min(1).max(100),
  /** The id of an object that exists, or any object to be sent as it is. */
  object: z.union([z.string().max(255), z.record(z.string(), z.json())]),
});

/** Sends an event that nothing caused: an unknown type, an object of somebody else, a payout. */
export function emitEvent(parts: ControlParts, { type, object }: z.infer<typeof eventSchema>): Rendered {
  const event = parts.store.transact(NO_REQUEST, (transaction) =>
    typeof object === "string"
      ? transaction.emit(type, referenceTo(transaction, object))
      : transaction.emitRaw(type, object),
  );
  return renderEvent(event, parts.context);
}

function referenceTo(transaction: Transaction, id: string): Reference {
  const kind = KINDS.find((candidate) => transaction.get(candidate, id) !== undefined);
  if (kind === undefined) throw missingResource("object", id, { param: "object", in_path: false });
  return [kind, id];
}

export function redeliver(parts: ControlParts, id: string): Rendered {
  const event = parts.store.tables.events.get(id);
  if (event === undefined) throw missingResource("event", id, { param: "id", in_path: true });
  return { event: id, deliveries: parts.deliveries.redeliver(event) };
}

export const rollSchema = z.strictObject({
  /** Left out, a new one is made up. */
  secret: z.string().min(8).max(200).optional(),
  /** Stop signing with the old secret. */
  finish: z.union([z.boolean(), z.literal("true").transform(() => true)]).default(false),
});

export function roll(parts: ControlParts, id: string, input: z.infer<typeof rollSchema>): Rendered {
  const row = parts.store.transact(NO_REQUEST, (transaction) => rollSecret(transaction, id, input));
  return { ...webhookEndpoint(row), secret: row.secret, previous_secret: row.previous_secret };
}
