import { useLayoutEffect, useRef } from "preact/hooks";
import type { ProductRow } from "../../src/domain/live.ts";
import type { Format } from "../figures/format.ts";
import { memo } from "../ui/memo.tsx";
import { play } from "../ui/motion.ts";
import { Sparkline } from "./sparkline.tsx";
import { StockLevel } from "./stock.tsx";
import { Thumb } from "./thumb.tsx";

interface RowProps {
  readonly row: ProductRow;
  readonly rank: number | null;
  readonly isLow: boolean;
  readonly format: Format;
  /** The one row of the table that the Tab key stops at. */
  readonly isStop: boolean;
  readonly onOpen: (sku: string) => void;
}

export const Row = memo(function Row({ row, rank, isLow, format, isStop, onOpen }: RowProps) {
  const revenue = useRef<HTMLTableCellElement>(null);
  const orders = useRef(row.orders);
  useLayoutEffect(() => {
    // A sale is what is worth a glance; views change all the time.
    if (row.orders > orders.current)
      play(revenue.current, [{ backgroundColor: "var(--tint)" }, {}], { duration: 1_800 });
    orders.current = row.orders;
  }, [row.orders]);
  return (
    <tr data-sku={row.sku} onClick={() => onOpen(row.sku)}>
      <td class="rank faint">{rank ?? "\u2013"}</td>
      <th scope="row">
        <Thumb image={row.image} />
        <button
          type="button"
          class="name"
          tabIndex={isStop ? 0 : -1}
          aria-haspopup="dialog"
          onClick={(event) => {
            event.stopPropagation();
            onOpen(row.sku);
          }}
        >
          {row.name}
        </button>
        <span class="about faint">{row.enriched ? `${row.brand} \u00b7 ${row.category}` : row.sku}</span>
      </th>
      <td class="activity">
        <Sparkline values={row.spark} />
      </td>
      <td class="number views">{format.count(row.views)}</td>
      <td class="number adds">{format.count(row.adds)}</td>
      <td class="number orders">{format.count(row.orders)}</td>
      <td class="number revenue" ref={revenue}>
        {format.moneyWhole(row.revenue)}
      </td>
      <td class="number conversion">{format.share(row.conversion)}</td>
      <td class="number stock">
        <StockLevel stock={row.stock} isLow={isLow} format={format} />
      </td>
    </tr>
  );
});
