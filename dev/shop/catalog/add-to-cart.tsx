import { useState } from "preact/hooks";
import type { Product } from "../api/shapes.ts";
import { isOpen, shownLines } from "../basket/state.ts";
import { Notice } from "../layout/notice.tsx";
import { Quantity } from "../layout/quantity.tsx";
import { CART } from "../routing/route.ts";
import { useBasket, useShop } from "../shop-context.ts";
import { cartIdOf, productProperties } from "../tracking/commerce.ts";

interface AddToCartProps {
  readonly product: Product;
  readonly quantity: number;
  readonly onQuantity: (quantity: number) => void;
}

export function AddToCart({ product, quantity, onQuantity }: AddToCartProps) {
  const { session, tracker, announce } = useShop();
  const basket = useBasket();
  const [isAdding, setAdding] = useState(false);
  const [trouble, setTrouble] = useState<string>();
  const { sku, name, available, status } = product;
  const lines = isOpen(basket) ? shownLines(basket) : [];
  const held = lines.find((line) => line.sku === sku)?.quantity ?? 0;
  const isGone = available <= 0 || status === "archived";
  async function add(): Promise<void> {
    setAdding(true);
    const added = await session.add(sku, quantity);
    setAdding(false);
    setTrouble(added.ok ? undefined : added.detail);
    if (!added.ok) return;
    tracker.track("Product Added", productProperties(product, { quantity, ...cartIdOf(session.basket.cart) }));
    announce({ text: `${name} is in your cart.`, link: { href: CART, text: "View cart" } });
    onQuantity(1);
  }
  return (
    <>
      <div class="add">
        {!isGone && <Quantity label="Quantity" value={quantity} most={available} onChange={onQuantity} />}
        <button type="button" class="button button-wide" disabled={isGone || isAdding} onClick={() => void add()}>
          {isGone ? "Sold out" : "Add to cart"}
        </button>
      </div>
      {held > 0 && (
        <p class="held">
          {held === 1 ? "One is" : `${held} are`} in <a href={CART}>your cart</a>
          {held > available && " — more than can be had right now"}.
        </p>
      )}
      {trouble !== undefined && <Notice tone="bad">{trouble}</Notice>}
    </>
  );
}
