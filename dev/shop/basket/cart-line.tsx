import type { Line, Product } from "../api/shapes.ts";
import { Quantity } from "../layout/quantity.tsx";
import { formatMoney, times } from "../money.ts";
import { toProduct } from "../routing/route.ts";

interface CartLineProps {
  readonly line: Line;
  /** As it is now; missing while it is read, or when it cannot be. */
  readonly product: Product | undefined;
  readonly onQuantity: (quantity: number) => void;
}

export function CartLine({ line, product, onQuantity }: CartLineProps) {
  const { sku, name, quantity, unit_price } = line;
  const warning = warningOf(line, product);
  return (
    <li class="cart-line">
      <a class="cart-line-picture" href={toProduct(sku)} tabIndex={-1} aria-hidden="true">
        {product && <img src={product.image} alt="" width="400" height="400" />}
      </a>
      <div class="cart-line-words">
        <h2 class="cart-line-name">
          <a href={toProduct(sku)}>{name}</a>
        </h2>
        <p class="cart-line-unit">
          {formatMoney(unit_price)} each
          <button type="button" class="link" aria-label={`Remove ${name}`} onClick={() => onQuantity(0)}>
            Remove
          </button>
        </p>
        {warning !== undefined && (
          <p class="cart-line-warning" role="status">
            {warning.text}{" "}
            {warning.take > 0 && (
              <button type="button" class="link" onClick={() => onQuantity(warning.take)}>
                Take {warning.take}
              </button>
            )}
          </p>
        )}
      </div>
      <div class="cart-line-numbers">
        <Quantity label={`Quantity of ${name}`} value={quantity} onChange={onQuantity} />
        <span class="cart-line-total">{formatMoney(times(unit_price, quantity))}</span>
      </div>
    </li>
  );
}

/** Said before the checkout has to refuse it. `take`: what could be had instead. */
function warningOf({ quantity }: Line, product: Product | undefined): { text: string; take: number } | undefined {
  if (!product || product.available >= quantity) return undefined;
  if (product.status === "archived") return { text: "No longer sold.", take: 0 };
  if (product.available <= 0) return { text: "Sold out meanwhile.", take: 0 };
  return { text: `Only ${product.available} left.`, take: product.available };
}
