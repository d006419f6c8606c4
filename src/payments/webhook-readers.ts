import { readDispute, type Readers, readIntent, readRefund } from "./webhook-events.ts";

/**
 * What this shop does about each type of event: the one place to extend. Stripe's name of the event on the left, a reader on the right: a
 * pure function from the event to a `Reading`, e.g. a payment fact for an order. A type that is not here is answered 200 and left
 * alone. Teaching a reader (a field that a newer API version has renamed, say) and replaying what was rejected meanwhile is
 * described in docs/operations.md.
 *
 * Each refund is reported by `refund.*`, which come for every kind of refund since API version 2024-10-28; `charge.refunded` tells of the
 * same refunds without their ids and is left out, as is `charge.refund.updated`.
 */
export const READERS: Readers = {
  "payment_intent.succeeded": readIntent,
  "payment_intent.payment_failed": readIntent,
  "payment_intent.processing": readIntent,
  "payment_intent.requires_action": readIntent,
  "payment_intent.canceled": readIntent,
  "refund.created": readRefund,
  "refund.updated": readRefund,
  "refund.failed": readRefund,
  "charge.dispute.created": readDispute,
  "charge.dispute.updated": readDispute,
  "charge.dispute.closed": readDispute,
};
