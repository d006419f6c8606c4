import type { Rendered, RenderingContext } from "../protocol/rendering.ts";
import type { ConfirmationTokenRow } from "../state/rows.ts";
import { paymentMethodPreview } from "./payment-method.ts";

const LIFETIME_S = 12 * 60 * 60;

export function confirmationToken(row: ConfirmationTokenRow, context: RenderingContext): Rendered {
  const customer = context.tables.of("payment_intent").get(row.payment_intent ?? "")?.customer ?? null;
  return {
    id: row.id,
    object: "confirmation_token",
    created: row.created,
    expires_at: row.created + LIFETIME_S,
    livemode: false,
    mandate_data: null,
    metadata: {},
    payment_intent: row.payment_intent,
    payment_method_options: { card: { cvc_token: null } },
    payment_method_preview: paymentMethodPreview({ ...row, customer }),
    return_url: row.return_url,
    setup_future_usage: row.setup_future_usage,
    setup_intent: null,
    shipping: row.shipping,
    use_stripe_sdk: true,
  };
}
