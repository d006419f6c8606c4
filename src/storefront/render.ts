import type * as z from "zod";
import type { Cart } from "../domain/cart.ts";
import { type Money, type PricePolicy, type Totals, totalsOf } from "../domain/money.ts";
import type { Order, OrderLine } from "../domain/order-record.ts";
import type { cartSchema, orderSchema } from "./schemas.ts";

const rfc3339 = (ms: number): string => new Date(ms).toISOString();

export function pricePolicy(env: StorefrontEnv): PricePolicy {
  return {
    shippingFlat: Number(env.SHIPPING_FLAT),
    shippingFreeFrom: Number(env.SHIPPING_FREE_FROM),
    taxBasisPoints: Number(env.TAX_BASIS_POINTS),
  };
}

/** The cart as the API shows it, with today's shipping and tax. */
export function renderCart(cart: Cart, env: StorefrontEnv): z.infer<typeof cartSchema> {
  const money = moneyIn(cart.currency);
  return {
    id: cart.id,
    status: cart.status,
    currency: cart.currency,
    customer: cart.customer,
    lines: cart.lines.map((line) => renderLine(line, money)),
    totals: renderTotals(totalsOf(cart.lines, pricePolicy(env)), money),
    order_id: cart.orderId,
    version: cart.version,
    created_at: rfc3339(cart.createdAt),
    updated_at: rfc3339(cart.updatedAt),
  };
}

/** `expectedInSeconds`: the estimate for a payment that still waits for its turn. */
export function renderOrder(order: Order, expectedInSeconds?: number): z.infer<typeof orderSchema> {
  const money = moneyIn(order.currency);
  const { payment } = order;
  const error = payment.error && {
    code: payment.error.code,
    decline_code: payment.error.declineCode,
    message: payment.error.message,
  };
  return {
    id: order.id,
    number: order.number,
    status: order.state,
    cart_id: order.cartId,
    lines: order.lines.map((line) => renderLine(line, money)),
    totals: renderTotals(order.totals, money),
    customer: order.customer,
    payment: {
      status: payment.status,
      ...(expectedInSeconds === undefined ? {} : { expected_in_seconds: expectedInSeconds }),
      intent: payment.intent,
      client_secret: payment.clientSecret,
      // SAFETY: the text is the JSON object that the PSP sent.
      next_action:
        payment.nextAction === undefined ? undefined : (JSON.parse(payment.nextAction) as Record<string, unknown>),
      error,
      captured: money(payment.captured),
      refunded: money(payment.refunded),
    },
    version: order.version,
    placed_at: rfc3339(order.placedAt),
    updated_at: rfc3339(order.updatedAt),
  };
}

type ToMoney = (amount: number) => Money;
const moneyIn =
  (currency: string): ToMoney =>
  (amount) => ({ amount, currency });

function renderLine({ sku, name, quantity, unitPrice }: OrderLine, money: ToMoney) {
  return { sku, name, quantity, unit_price: money(unitPrice), total: money(quantity * unitPrice) };
}

function renderTotals({ subtotal, discount, shipping, tax, total }: Totals, money: ToMoney) {
  return {
    subtotal: money(subtotal),
    discount: money(discount),
    shipping: money(shipping),
    tax: money(tax),
    total: money(total),
  };
}
