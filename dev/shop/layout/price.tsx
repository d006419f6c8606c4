import type { Money } from "../api/shapes.ts";
import { savedPercent } from "../catalog/families.ts";
import { formatMoney } from "../money.ts";

interface PriceProps {
  readonly price: Money;
  readonly before?: Money | undefined;
  readonly isFrom?: boolean;
}

export function Price({ price, before, isFrom = false }: PriceProps) {
  const saved = savedPercent(price, before);
  return (
    <span class="price">
      {isFrom && <span class="price-from">from </span>}
      <span class={saved > 0 ? "price-now price-cut" : "price-now"}>{formatMoney(price)}</span>
      {before && saved > 0 && (
        <>
          {" "}
          <s>
            <span class="unseen">instead of </span>
            {formatMoney(before)}
          </s>{" "}
          <span class="price-saved">
            <span class="unseen">you save </span>
            {saved}%
          </span>
        </>
      )}
    </span>
  );
}
