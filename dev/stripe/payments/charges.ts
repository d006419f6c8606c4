import { z } from "zod";
import { pageOf } from "../protocol/pagination.ts";
import { identifier, listing, parseParameters } from "../protocol/parameters.ts";
import type { Handler } from "../protocol/router.ts";
import { resourceReply } from "../protocol/router.ts";
import type { ChargeRow } from "../state/rows.ts";
import type { Transaction } from "../state/store.ts";
import type { Sequence } from "../state/table.ts";
import { sequenceOf } from "../state/table.ts";
import { existingCharge, existingIntent } from "./lookup.ts";

const RETRIEVE = z.strictObject({ expand: listing.expand });

export const retrieveCharge: Handler = (transaction, call) => {
  const params = parseParameters(RETRIEVE, call.params);
  return resourceReply({ kind: "charge", row: existingCharge(transaction, call.id) }, params.expand);
};

const LIST = z.strictObject({
  ...listing,
  payment_intent: identifier.optional(),
  customer: identifier.optional(),
});

export const listCharges: Handler = (transaction, call) => {
  const params = parseParameters(LIST, call.params);
  const page = pageOf(
    chargesOf(transaction, params.payment_intent),
    params,
    (row) => params.customer === undefined || row.customer === params.customer,
  );
  return {
    kind: "list",
    url: "/v1/charges",
    objects: page.rows.map((row) => ({ kind: "charge", row })),
    has_more: page.has_more,
    expand: params.expand,
  };
};

function chargesOf(transaction: Transaction, payment_intent: string | undefined): Sequence<ChargeRow> {
  if (payment_intent === undefined) return transaction.tables.of("charge");
  const intent = existingIntent(transaction, payment_intent, { param: "payment_intent", in_path: false });
  return sequenceOf(intent.charges.map((id) => existingCharge(transaction, id)));
}
