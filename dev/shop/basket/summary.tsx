import type { Cart } from "../api/shapes.ts";
import { formatMoney } from "../money.ts";

/** What it costs, as the shop says: nothing is added up here. */
export function Summary({
  totals,
  isChanging = false,
}: {
  readonly totals: Cart["totals"];
  readonly isChanging?: boolean;
}) {
  const { subtotal, discount, shipping, tax, total } = totals;
  return (
    <dl class={isChanging ? "summary summary-changing" : "summary"} aria-busy={isChanging}>
      <Row name="Subtotal" value={formatMoney(subtotal)} />
      {discount.amount > 0 && <Row name="Discount" value={`−${formatMoney(discount)}`} />}
      <Row name="Shipping" value={shipping.amount === 0 ? "Free" : formatMoney(shipping)} />
      {tax.amount > 0 && <Row name="Tax" value={formatMoney(tax)} />}
      <Row name="Total" value={formatMoney(total)} isTotal />
    </dl>
  );
}

function Row({
  name,
  value,
  isTotal = false,
}: {
  readonly name: string;
  readonly value: string;
  readonly isTotal?: boolean;
}) {
  return (
    <div class={isTotal ? "summary-row summary-total" : "summary-row"}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
