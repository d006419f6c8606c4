import type { EventRow, Resource } from "../state/rows.ts";
import type { Tables } from "../state/tables.ts";
import { balanceTransaction } from "../templates/balance-transaction.ts";
import { charge } from "../templates/charge.ts";
import { confirmationToken } from "../templates/confirmation-token.ts";
import { dispute } from "../templates/dispute.ts";
import { event } from "../templates/event.ts";
import { paymentIntent } from "../templates/payment-intent.ts";
import { paymentMethod } from "../templates/payment-method.ts";
import { refund } from "../templates/refund.ts";
import { webhookEndpoint } from "../templates/webhook-endpoint.ts";

/** A whole Stripe object. */
export type Rendered = { [name: string]: unknown };

/** Everything that an answer can be made of. */
export type Listed =
  | Resource
  | { readonly kind: "event"; readonly row: EventRow }
  | { readonly kind: "balance_transaction"; readonly of: Extract<Resource, { kind: "charge" | "refund" }> };

/** What templates may look up. */
export type RenderingContext = {
  readonly tables: Tables;
  /** Where the stand-in is reached, for the links in its objects. */
  readonly base_url: string;
};

export function render(object: Listed, context: RenderingContext): Rendered {
  switch (object.kind) {
    case "payment_intent":
      return paymentIntent(object.row, context);
    case "charge":
      return charge(object.row, context);
    case "refund":
      return refund(object.row, context);
    case "dispute":
      return dispute(object.row, context);
    case "payment_method":
      return paymentMethod(object.row);
    case "confirmation_token":
      return confirmationToken(object.row, context);
    case "webhook_endpoint":
      return webhookEndpoint(object.row);
    case "event":
      return renderEvent(object.row, context);
    case "balance_transaction":
      return balanceTransaction(object.of);
  }
}

/** The event with its object as it was at that moment. */
export function renderEvent(row: EventRow, context: RenderingContext): Rendered {
  const { subject } = row;
  const object = subject.kind === "raw" ? subject.row : render(subject, context);
  return event(row, { object, pending_webhooks: context.tables.undelivered.get(row.id)?.endpoints.size ?? 0 });
}
