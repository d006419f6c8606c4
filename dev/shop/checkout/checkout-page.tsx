import { useEffect, useRef, useState } from "preact/hooks";
import type { Cart } from "../api/shapes.ts";
import { Ordered } from "../basket/cart-page.tsx";
import { isOpen } from "../basket/state.ts";
import { Summary } from "../basket/summary.tsx";
import { formatMoney } from "../money.ts";
import { goTo } from "../routing/navigation.ts";
import { CART, toOrder, toShop } from "../routing/route.ts";
import { useBasket, useShop } from "../shop-context.ts";
import { keep, recall, STORED } from "../storage.ts";
import { cartProperties } from "../tracking/commerce.ts";
import { MethodChoice } from "./method-choice.tsx";
import { TEST_METHODS } from "./methods.ts";
import { type NotPlaced, placeOrder } from "./place-order.ts";
import { Trouble } from "./trouble.tsx";

/** A demo is quicker to try when this is filled in already. */
const SOMEBODY = "ada@example.com";

export function CheckoutPage() {
  const { session } = useShop();
  const basket = useBasket();
  const { cart } = basket;
  useEffect(() => {
    document.title = "Checkout · Breakwater";
    void session.refresh();
  }, [session]);
  useCheckoutTracking(cart);
  if (basket.isLoading && !cart) return <h1 aria-busy="true">Checkout</h1>;
  if (cart && !isOpen(basket)) return <Ordered cart={cart} />;
  if (!cart || cart.lines.length === 0) {
    return (
      <section class="empty">
        <h1>There is nothing to check out</h1>
        <p>Your cart is empty.</p>
        <a class="button" href={toShop()}>
          To the shop
        </a>
      </section>
    );
  }
  return <CheckoutForm cart={cart} />;
}

function CheckoutForm({ cart }: { readonly cart: Cart }) {
  const { session } = useShop();
  const [email, setEmail] = useState(cart.customer?.email ?? recall(STORED.email) ?? SOMEBODY);
  const [method, setMethod] = useState<string>(TEST_METHODS[0].id);
  const [isPlacing, setPlacing] = useState(false);
  const [placed, setPlaced] = useState<NotPlaced>();
  const trouble = useRef<HTMLDivElement>(null);
  async function order(): Promise<void> {
    setPlacing(true);
    keep(STORED.email, email.trim());
    const result = await placeOrder(session, email.trim(), method);
    if (result.outcome === "placed") return goTo(toOrder(result.orderId), { replace: true });
    setPlacing(false);
    setPlaced(result);
    trouble.current?.scrollIntoView({ block: "nearest" });
  }
  return (
    <>
      <h1>Checkout</h1>
      <form
        class="purchase"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isPlacing) void order();
        }}
      >
        <div class="checkout-steps">
          <div ref={trouble}>{placed && <Trouble placed={placed} cart={cart} />}</div>
          <section class="panel" aria-labelledby="contact-heading">
            <h2 id="contact-heading">Where to write to</h2>
            <label class="field">
              <span>Email</span>
              <input
                type="email"
                name="email"
                required
                maxLength={254}
                autocomplete="email"
                value={email}
                onInput={(event) => setEmail(event.currentTarget.value)}
              />
            </label>
          </section>
          <MethodChoice chosen={method} onChoose={setMethod} />
        </div>
        <OrderPanel cart={cart} isPlacing={isPlacing} />
      </form>
    </>
  );
}

function OrderPanel({ cart, isPlacing }: { readonly cart: Cart; readonly isPlacing: boolean }) {
  return (
    <aside class="panel" aria-label="Your order">
      <ul class="order-lines">
        {cart.lines.map(({ sku, name, quantity, total }) => (
          <li key={sku}>
            <span>
              {quantity > 1 && <b>{quantity} × </b>}
              {name}
            </span>
            <span>{formatMoney(total)}</span>
          </li>
        ))}
      </ul>
      <Summary totals={cart.totals} />
      <button type="submit" class="button button-wide" disabled={isPlacing} aria-busy={isPlacing}>
        {isPlacing ? "Placing your order …" : `Pay ${formatMoney(cart.totals.total)}`}
      </button>
      <a class="back" href={CART}>
        Back to the cart
      </a>
    </aside>
  );
}

function useCheckoutTracking(cart: Cart | undefined): void {
  const { tracker } = useShop();
  const canBegin = cart !== undefined && cart.lines.length > 0 && cart.status !== "ordered";
  useEffect(() => {
    if (cart && canBegin) tracker.track("Checkout Started", cartProperties(cart));
  }, [cart?.id, canBegin, tracker]);
}
