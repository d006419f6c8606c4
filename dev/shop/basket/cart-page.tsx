import { useEffect } from "preact/hooks";
import type { Cart, Line } from "../api/shapes.ts";
import { useProducts } from "../catalog/use-products.ts";
import { Notice } from "../layout/notice.tsx";
import { CHECKOUT, toOrder, toShop } from "../routing/route.ts";
import { useBasket, useShop } from "../shop-context.ts";
import { cartIdOf, cartProperties, productProperties } from "../tracking/commerce.ts";
import { CartLine } from "./cart-line.tsx";
import { type Basket, isOpen, shownLines } from "./state.ts";
import { Summary } from "./summary.tsx";

export function CartPage() {
  const { session } = useShop();
  const basket = useBasket();
  const { cart } = basket;
  useEffect(() => {
    document.title = "Your cart · Breakwater";
    void session.refresh();
  }, [session]);
  useCartTracking(cart);
  if (basket.isLoading && !cart) return <h1 aria-busy="true">Your cart</h1>;
  if (cart && !isOpen(basket)) return <Ordered cart={cart} />;
  if (!cart || shownLines(basket).length === 0) return <EmptyCart notice={basket.notice} />;
  return <FilledCart basket={basket} cart={cart} />;
}

function FilledCart({ basket, cart }: { readonly basket: Basket; readonly cart: Cart }) {
  const { session, tracker } = useShop();
  const lines = shownLines(basket);
  const products = useProducts(lines.map((line) => line.sku));
  function setQuantity(line: Line, quantity: number): void {
    session.setQuantity(line.sku, quantity);
    const product = products.get(line.sku);
    const change = quantity - line.quantity;
    if (!product || change === 0) return;
    const properties = productProperties(product, { quantity: Math.abs(change), ...cartIdOf(cart) });
    tracker.track(change > 0 ? "Product Added" : "Product Removed", properties);
  }
  return (
    <>
      <h1>Your cart</h1>
      {basket.notice !== undefined && <Notice>{basket.notice}</Notice>}
      <div class="purchase">
        <ul class="cart-lines">
          {lines.map((line) => (
            <CartLine
              key={line.sku}
              line={line}
              product={products.get(line.sku)}
              onQuantity={(quantity) => setQuantity(line, quantity)}
            />
          ))}
        </ul>
        <aside class="panel" aria-label="Summary">
          <Summary totals={cart.totals} isChanging={basket.wishes.length > 0} />
          <a class="button button-wide" href={CHECKOUT}>
            Check out
          </a>
          <a class="back" href={toShop()}>
            Keep looking
          </a>
        </aside>
      </div>
    </>
  );
}

function EmptyCart({ notice }: { readonly notice: string | undefined }) {
  return (
    <section class="empty">
      <h1>Your cart is empty</h1>
      <p>{notice ?? "A good place to begin is a serum, or whatever your skin asks for today."}</p>
      <a class="button" href={toShop()}>
        To the shop
      </a>
    </section>
  );
}

export function Ordered({ cart }: { readonly cart: Cart }) {
  const { session } = useShop();
  return (
    <section class="empty">
      <h1>{cart.status === "ordered" ? "This cart has been ordered" : "This cart is being ordered"}</h1>
      <p>What you put in next goes into a new one.</p>
      {cart.order_id !== undefined && (
        <a class="button" href={toOrder(cart.order_id)}>
          See the order
        </a>
      )}
      <a class="button button-quiet" href={toShop()} onClick={() => cart.status === "ordered" && session.forget()}>
        To the shop
      </a>
    </section>
  );
}

function useCartTracking(cart: Cart | undefined): void {
  const { tracker } = useShop();
  const isFilled = (cart?.lines.length ?? 0) > 0;
  useEffect(() => {
    if (cart && isFilled) tracker.track("Cart Viewed", cartProperties(cart));
  }, [cart?.id, isFilled, tracker]);
}
