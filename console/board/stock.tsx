import type { BoardAlert, ProductRow } from "../../src/domain/live.ts";
import type { Format } from "../figures/format.ts";
import { Icon } from "../ui/icon.tsx";

interface StockProps {
  readonly stock: ProductRow["stock"];
  /** An alert says so. What counts as low is the shop's to decide, and is decided there. */
  readonly isLow: boolean;
  readonly format: Format;
}

/** SKUs whose stock an alert in force is about. */
export const lowSkus = (alerts: readonly BoardAlert[]): ReadonlySet<string> =>
  new Set(alerts.flatMap(({ kind, sku }) => (kind === "metric" ? [] : (sku ?? []))));

/** Never by colour alone: what is scarce has a sign and a word as well. */
export function StockLevel({ stock, isLow, format }: StockProps) {
  if (!stock) return <span class="faint">{"\u2013"}</span>;
  if (stock.available <= 0) {
    return (
      <span class="scarce critical">
        <Icon name="critical" />
        Sold out
      </span>
    );
  }
  if (!isLow) return <>{format.count(stock.available)}</>;
  return (
    <span class="scarce warning">
      <Icon name="warning" />
      {format.count(stock.available)}
      <span class="unseen"> left, low</span>
    </span>
  );
}
