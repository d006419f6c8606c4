import { z } from "zod";
import { invalid, missingResource } from "../protocol/errors.ts";
import { expand, identifier, ignored, parseParameters, text } from "../protocol/parameters.ts";
import type { Handler } from "../protocol/router.ts";
import { resourceReply } from "../protocol/router.ts";
import { newId } from "../state/ids.ts";
import { chosenById, namedByData, paymentMethodData } from "./payment-methods.ts";
import { shipping } from "./shipping.ts";

const CREATE = z.strictObject({
  payment_method: identifier.optional(),
  payment_method_data: paymentMethodData.optional(),
  return_url: text.optional(),
  setup_future_usage: z.enum(["off_session", "on_session"]).optional(),
  shipping: shipping.optional(),
  payment_method_options: ignored,
  expand,
});

/** What Stripe.js makes in the browser; Stripe offers the call for tests only, and so does the stand-in. */
export const createConfirmationToken: Handler = (transaction, call) => {
  const params = parseParameters(CREATE, call.params);
  const behaves_as =
    params.payment_method !== undefined
      ? chosenById(transaction, params.payment_method).behaves_as
      : params.payment_method_data !== undefined
        ? namedByData(params.payment_method_data)
        : null;
  if (behaves_as === null) {
    throw invalid("Missing required param: payment_method.", { code: "parameter_missing", param: "payment_method" });
  }
  const row = transaction.put("confirmation_token", {
    id: newId("ctoken"),
    created: transaction.now_s,
    behaves_as,
    return_url: params.return_url ?? null,
    setup_future_usage: params.setup_future_usage ?? null,
    shipping: params.shipping ?? null,
    payment_intent: null,
  });
  return resourceReply({ kind: "confirmation_token", row }, params.expand);
};

export const retrieveConfirmationToken: Handler = (transaction, { id }) => {
  const row = transaction.get("confirmation_token", id);
  if (row === undefined) {
    throw missingResource("confirmation_token", id, { param: "confirmation_token", in_path: true });
  }
  return resourceReply({ kind: "confirmation_token", row });
};
