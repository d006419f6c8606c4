import type { Cart, Order, Product } from "../api/shapes.ts";
import { optionLabels } from "../catalog/families.ts";
import { decimalOf } from "../money.ts";
import { toProduct } from "../routing/route.ts";

/** The properties that Segment's e-commerce spec (v2) gives its events. Amounts are in major units there. */
export function productProperties(product: Product, more: Readonly<Record<string, unknown>> = {}) {
  const { sku, product_id, name, brand, category, price } = product;
  const variant = optionLabels([product]).common.join(", ");
  const amounts = { price: decimalOf(price), currency: price.currency };
  return { product_id, sku, name, brand, category, variant, ...amounts, url: toProduct(sku), ...more };
}

export function listProperties(listId: string, category: string, products: readonly Product[]) {
  return {
    list_id: listId,
    category,
    products: products.map((product, at) => productProperties(product, { position: at + 1 })),
  };
}

const lineProperties = ({ lines }: Cart | Order) =>
  lines.map(({ sku, name, quantity, unit_price }, at) => ({
    product_id: sku,
    sku,
    name,
    quantity,
    price: decimalOf(unit_price),
    position: at + 1,
  }));

export const cartIdOf = (cart: Cart | undefined) => (cart ? { cart_id: cart.id } : {});

export const cartProperties = (cart: Cart) => ({
  cart_id: cart.id,
  currency: cart.currency,
  value: decimalOf(cart.totals.total),
  products: lineProperties(cart),
});

export function orderProperties(order: Order) {
  const { subtotal, shipping, tax, discount, total } = order.totals;
  return {
    order_id: order.id,
    currency: total.currency,
    subtotal: decimalOf(subtotal),
    shipping: decimalOf(shipping),
    tax: decimalOf(tax),
    discount: decimalOf(discount),
    total: decimalOf(total),
    revenue: decimalOf(subtotal),
    products: lineProperties(order),
  };
}
