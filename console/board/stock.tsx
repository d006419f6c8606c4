import type { ProductRow } from "../../src/domain/live.ts";
import type { Format } from "../figures/format.ts";
import { Icon } from "../ui/icon.tsx";

/** As STOCK_LOW_BELOW is unless a shop says otherwise; the alerts say what the shop really uses. */
const LOW_BELOW = 10;

/** Never by colour alone: what is scarce has a sign and a word as well. */
export function StockLevel({ stock, format }: { readonly stock: ProductRow["stock"]; readonly format: Format }) {
  if (!stock) return <span class="faint">{"\u2013"}</span>;
  if (stock.available <= 0) {
    return (
      <span class="scarce critical">
        <Icon name="critical" />
        Sold out
      </span>
    );
  }
  if (stock.available >= LOW_BELOW) return <>{format.count(stock.available)}</>;
  return (
    <span class="scarce warning">
      <Icon name="warning" />
      {format.count(stock.available)}
      <span class="unseen"> left, low</span>
    </span>
  );
}
