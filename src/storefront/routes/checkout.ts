import { Hono } from "hono";
import type { CheckoutReply } from "../../../durable-objects/cart/commands.ts";
import type { Replayable } from "../../../durable-objects/inbox.ts";
import { beginCheckout, type Cart } from "../../domain/cart.ts";
import { isCartId } from "../../domain/ids.ts";
import { totalsOf } from "../../domain/money.ts";
import type { PaymentMethod } from "../../domain/order-record.ts";
import { refuse } from "../../domain/result.ts";
import { etagOf } from "../../platform/entity-tags.ts";
import { keyedOrderId, newOrderId } from "../cart-id.ts";
import type { C, StorefrontContext } from "../context.ts";
import { jsonBody } from "../middleware/json-body.ts";
import { BODY_PROBLEMS, documented, GUARDED, GUARDED_PROBLEMS, IDEMPOTENCY_KEY, IF_MATCH } from "../openapi.ts";
import { expectedVersion, requiredCommandKey } from "../preconditions.ts";
import { problem } from "../problem.ts";
import { refusalProblem } from "../refusals.ts";
import { pricePolicy, renderCart, renderOrder } from "../render.ts";
import { checkoutSchema, orderSchema } from "../schemas.ts";
import { catalogOf } from "./products.ts";

const REQUIRED_KEY = {
  "Idempotency-Key": {
    description:
      "One per attempt to buy. The order, `price_changed` and `out_of_stock` are answered again under it for 24 h: who accepts new prices or takes less begins another attempt",
    required: true,
    problems: ["idempotency_key_required", ...IDEMPOTENCY_KEY["Idempotency-Key"].problems],
  },
} as const;
/** A cart that changes between being read and being priced is priced again this often. */
const PRICING_TRIES = 3;

export const checkout = new Hono<StorefrontContext>().post(
  "/:id/checkout",
  documented({
    summary: "Check out",
    description:
      "Reserves the stock and places the order; the payment follows at once. Watch the order at `Location`, with `Prefer: wait=10` to be told of its next state.",
    tag: "Orders",
    answers: { 201: { description: "The order, awaiting payment", schema: orderSchema }, ...GUARDED },
    problems: [
      ...BODY_PROBLEMS,
      ...GUARDED_PROBLEMS,
      "unknown_cart",
      "cart_moved",
      "empty_cart",
      "cart_ordered",
      "cart_in_checkout",
      "cart_changed",
      "price_changed",
      "not_chargeable",
      "product_archived",
      "out_of_stock",
    ],
    headers: { ...IF_MATCH, ...REQUIRED_KEY },
  }),
  jsonBody(checkoutSchema),
  async (c) => {
    const body = c.req.valid("json");
    const id = c.req.param("id");
    const command = await requiredCommandKey(c, body);
    if (!command.ok) return command.response;
    const expected = expectedVersion(c);
    if (!expected.ok) return expected.response;

    const cart = isCartId(id) ? await c.env.CART.getByName(id).read() : null;
    if (!cart) return problem(c, "unknown_cart", "There is no cart with this id.");
    if (c.env.DRY_RUN === true) return dryCheckout(c, cart);
    const fence = c.get("fence");
    const reply = await pricedCheckout(c, cart, {
      command: command.value,
      orderId: await orderIdFor(c, id, command.value.key),
      method: paymentMethod(body.payment),
      expectedVersion: expected.value,
      requestId: c.get("requestId"),
      fence,
    });
    if (!reply.ok) return withReplayMark(refusalProblem(c, reply), reply.replayed);
    if (reply.replayed) c.header("idempotency-replayed", "true");
    const order = reply.value;
    return c.json(renderOrder(order), 201, { location: `/v1/orders/${order.id}`, etag: etagOf(order.version) });
  },
);

/** On a guarded path the order's id follows from the checkout, so that the payment provider recognises a charge of the other side. */
async function orderIdFor(c: C, cartId: string, key: string): Promise<string> {
  return c.get("fence") ? keyedOrderId(c.env.CART_KEY_SECRET, cartId, key) : newOrderId(Date.now());
}

/** What the order would come to. Nothing is reserved, charged or stored. */
async function dryCheckout(c: C, read: Cart): Promise<Response> {
  // A copy that was handed over can be computed as well as one that was not.
  const cart: Cart = { ...read, handOver: undefined };
  const quotes = await catalogOf(c).quotes(cart.lines.map((line) => line.sku));
  const totals = totalsOf(cart.lines, pricePolicy(c.env));
  const begun = beginCheckout(cart, { quotes, pricedVersion: cart.version, totals, orderId: "dry" }, Date.now());
  if (!begun.ok) return refusalProblem(c, begun);
  const rendered = renderCart(begun.value, c.env);
  return c.json({ dry_run: true, currency: rendered.currency, lines: rendered.lines, totals: rendered.totals }, 201);
}

type CheckoutRequest = Omit<
  Parameters<ReturnType<StorefrontEnv["CART"]["getByName"]>["checkout"]>[0],
  "quotes" | "pricedVersion" | "totals"
>;

/** Prices the lines from the catalog, never from the client, and checks out what was priced and nothing else. */
async function pricedCheckout(c: C, cart: Cart, request: CheckoutRequest): Promise<Replayable<CheckoutReply>> {
  let current = cart;
  for (let tries = 0; tries < PRICING_TRIES; tries++) {
    const quotes = await catalogOf(c).quotes(current.lines.map((line) => line.sku));
    c.set("hasBegun", true);
    c.set("lines", current.lines.length);
    const reply = await c.env.CART.getByName(cart.id).checkout({
      ...request,
      quotes,
      pricedVersion: current.version,
      totals: totalsOf(current.lines, pricePolicy(c.env)),
    });
    if (reply.ok || reply.reason !== "quotes_outdated") return reply;
    current = reply.cart;
  }
  return { ...refuse({ reason: "quotes_outdated", cart: current }), replayed: false };
}

function paymentMethod(payment: {
  payment_method?: string | undefined;
  confirmation_token?: string | undefined;
  return_url?: string | undefined;
}): PaymentMethod {
  const returnUrl = payment.return_url;
  if (payment.payment_method !== undefined) return { kind: "payment_method", id: payment.payment_method, returnUrl };
  if (payment.confirmation_token !== undefined)
    return { kind: "confirmation_token", id: payment.confirmation_token, returnUrl };
  return { kind: "client" };
}

function withReplayMark(response: Response, isReplayed: boolean): Response {
  if (isReplayed) response.headers.set("idempotency-replayed", "true");
  return response;
}
