import { isSigned } from "../hmac.ts";
import type { HopsEnv } from "./env.ts";
import type { Message } from "./messages.ts";

/** What the shop sends for a card that is confirmed on the server, the id of the order left out. */
const CHARGE = {
  amount: "4299",
  currency: "usd",
  payment_method: "pm_card_visa",
  confirm: "true",
  "automatic_payment_methods[enabled]": "true",
  "automatic_payment_methods[allow_redirects]": "never",
};

/** Asks the order, charges, and tells it: a read, a call to the provider, a write. */
export async function charge({ about: orderId }: Message, env: HopsEnv): Promise<void> {
  const order = env.ORDER.getByName(orderId);
  await order.read();
  const answer = await fetch(`${env.STRIPE}/v1/payment_intents`, {
    method: "POST",
    headers: { authorization: `Bearer ${env.STRIPE_KEY}`, "idempotency-key": orderId },
    body: new URLSearchParams({ ...CHARGE, "metadata[order_id]": orderId }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the stand-in answered ${answer.status}: ${text}`);
  await order.paid();
}

/** A webhook tells what its order knows, so it only reads. */
export async function takeIn(request: Request, env: HopsEnv): Promise<Response> {
  const body = await request.text();
  const signature = request.headers.get("stripe-signature") ?? "";
  if (!(await isSigned(body, signature, env.WEBHOOK_SECRET))) return new Response(null, { status: 400 });
  // SAFETY: the stand-in signed it, and it only knows intents that `charge` created.
  const event = JSON.parse(body) as { readonly data: { readonly object: { readonly metadata: { order_id: string } } } };
  await env.ORDER.getByName(event.data.object.metadata.order_id).read();
  return Response.json({ received: true });
}
