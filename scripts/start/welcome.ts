import { originOf } from "./ready.ts";
import type { Settings } from "./settings.ts";
import { LOCAL_WRITE_KEYS } from "./write-keys.ts";

/** What is printed once the shop is open: where to go, and a session to paste into another terminal. */
export function welcome(settings: Settings, skus: readonly string[]): string {
  const origin = originOf(settings);
  const payments =
    settings.stripeApiBase ?? `http://127.0.0.1:${settings.standInPort}  (Stripe stand-in; no money moves)`;
  return `
Ready on ${origin}

  Shop        ${origin}/
  Console     ${origin}/ops  (admin key ${settings.adminKey})
  Shop API    ${origin}/v1/products
  Reference   ${origin}/docs
  Admin API   ${origin}/admin/v1/orders  (Authorization: Bearer ${settings.adminKey})
  Tracking    ${origin}/v1/batch  (write keys ${LOCAL_WRITE_KEYS.public} and ${LOCAL_WRITE_KEYS.secret})
  Payments    ${payments}
${monolith(settings, origin)}  State       ${settings.stateDirectory}  (npm start -- --fresh begins anew)
${session(origin, skus)}
Ctrl-C ends everything.
`;
}

/** Where the monolith is, and how the first write path is moved away from it. */
function monolith({ legacyPort, adminKey }: Settings, origin: string): string {
  if (legacyPort === undefined) return "";
  return `  Monolith    http://127.0.0.1:${legacyPort}  (stand-in; it answers until its write paths are moved)
  Flags       ${origin}/admin/v1/flags
              curl -s -H "authorization: Bearer ${adminKey}" -H "content-type: application/json" \\
                ${origin}/admin/v1/flags/cart.write/advance -d '{"reason":"trying it"}'
`;
}

function session(origin: string, skus: readonly string[]): string {
  if (skus.length === 0) return "";
  const adds = skus.map(
    (sku) => `  curl -s $SHOP/v1/carts/$CART/lines -H "$JSON" -d '{"sku":"${sku}","quantity":1}'; echo`,
  );
  return `
Buy something:

  SHOP=${origin} JSON='content-type: application/json'
  CART=$(curl -s -X POST $SHOP/v1/carts | sed 's/.*"id":"\\(cart_[^"]*\\)".*/\\1/')
${adds.join("\n")}
  curl -s -X PUT $SHOP/v1/carts/$CART/customer -H "$JSON" -d '{"email":"ada@example.com"}'; echo
  ORDER=$(curl -s $SHOP/v1/carts/$CART/checkout -H "$JSON" -H "Idempotency-Key: $CART" \\
    -d '{"payment":{"payment_method":"pm_card_visa"}}' | sed 's/.*"id":"\\(ord_[^"]*\\)".*/\\1/')
  sleep 1; curl -s $SHOP/v1/orders/$ORDER; echo
`;
}
