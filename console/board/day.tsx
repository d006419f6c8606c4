import type { BoardTotals } from "../../src/domain/live.ts";
import type { Format } from "../figures/format.ts";
import { memo } from "../ui/memo.tsx";

interface DayProps {
  readonly totals: BoardTotals;
  readonly format: Format;
}

/** The rest of the day's sums: nobody watches them, and somebody always asks. */
export const Day = memo(function Day({ totals, format }: DayProps) {
  const rows: readonly (readonly [string, string])[] = [
    ["Product views", format.count(totals.views)],
    ["Added to carts", format.count(totals.adds)],
    ["Checkouts begun", format.count(totals.checkouts)],
    ["Units sold", format.count(totals.units)],
    ["Refunds", format.money(totals.refunds)],
    ["Visitors", format.count(totals.visitors_today)],
    ...totals.other_currencies.map((money) => [`In ${money.currency}`, format.money(money)] as const),
  ];
  return (
    <section class="panel day" aria-labelledby="day-title">
      <header class="panel-head">
        <h2 id="day-title">Today</h2>
      </header>
      <dl>
        {rows.map(([name, text]) => (
          <div key={name}>
            <dt class="soft">{name}</dt>
            <dd class="figure">{text}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
});
