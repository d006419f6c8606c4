import type { Product } from "../api/shapes.ts";
import { goTo } from "../routing/navigation.ts";
import { toProduct } from "../routing/route.ts";
import { formatMoney } from "../money.ts";

interface VariantChoiceProps {
  readonly variants: readonly Product[];
  readonly labels: readonly string[];
  readonly chosen: string;
}

/** Each variant is a product with an address of its own; choosing one does not fill the history. */
export function VariantChoice({ variants, labels, chosen }: VariantChoiceProps) {
  const first = variants[0]?.price.amount;
  const isOnePrice = variants.every(({ price }) => price.amount === first);
  return (
    <fieldset class="variants">
      <legend class="unseen">Options</legend>
      {variants.map(({ sku, price, available }, at) => (
        <label key={sku} class={available > 0 ? "variant" : "variant variant-gone"}>
          <input
            type="radio"
            name="variant"
            value={sku}
            checked={sku === chosen}
            onChange={() => goTo(toProduct(sku), { replace: true })}
          />
          <span class="variant-name">{labels[at]}</span>
          {!isOnePrice && <span class="variant-price">{formatMoney(price)}</span>}
          {available <= 0 && <span class="unseen">, sold out</span>}
        </label>
      ))}
    </fieldset>
  );
}
