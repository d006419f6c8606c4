import { useMemo, useRef, useState } from "preact/hooks";
import type { BoardAlert, ProductRow } from "../../src/domain/live.ts";
import { arrange, type Arrangement, BY_TREND, chosen } from "../figures/arrange.ts";
import type { Format } from "../figures/format.ts";
import { Icon } from "../ui/icon.tsx";
import { memo } from "../ui/memo.tsx";
import { Columns } from "./columns.tsx";
import { nextStop } from "./keys.ts";
import { useMoves } from "./moves.ts";
import { useSteadyOrder } from "./order.ts";
import { Row } from "./row.tsx";
import { lowSkus } from "./stock.tsx";

/** On a phone nobody scrolls past two hundred rows to the funnel. */
const FIRST_ROWS = 12;
const NOTHING_YET = "Nobody has looked at a product yet today.";
const NO_MATCH = "No product matches. Search by name, brand, category or SKU.";

interface TrendingProps {
  readonly products: readonly ProductRow[];
  readonly alerts: readonly BoardAlert[];
  readonly format: Format;
  readonly onOpen: (sku: string) => void;
}

export const Trending = memo(function Trending({ products, alerts, format, onOpen }: TrendingProps) {
  const [arrangement, setArrangement] = useState<Arrangement>(BY_TREND);
  const [isPointedAt, setPointedAt] = useState(false);
  const [isWhole, setWhole] = useState(false);
  const [stop, setStop] = useState<string | null>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const { rows, ranks, isHeld } = useSteadyOrder(arrange(products, arrangement), arrangement, isPointedAt);
  useMoves(body, rows);
  const low = useMemo(() => lowSkus(alerts), [alerts]);
  const tabStop = rows.some(({ sku }) => sku === stop) ? stop : rows[0]?.sku;

  return (
    <section class={isWhole ? "panel trending whole" : "panel trending"} aria-labelledby="trending-title">
      <header class="panel-head">
        <h2 id="trending-title">Trending</h2>
        <span class="faint held" data-held={isHeld}>
          order held while you point
        </span>
        <label class="search">
          <Icon name="search" />
          <span class="unseen">Search products</span>
          <input
            type="search"
            placeholder="Search products"
            aria-keyshortcuts="/"
            data-shortcut="/"
            value={arrangement.query}
            onInput={(event) => setArrangement({ ...arrangement, query: event.currentTarget.value })}
          />
        </label>
      </header>
      {/* Scrolls by itself on a large screen, so the keyboard has to be able to get into it. */}
      <div class="table-frame" role="region" aria-labelledby="trending-title" tabIndex={0}>
        <table>
          <Columns arrangement={arrangement} onChoose={(sort) => setArrangement(chosen(arrangement, sort))} />
          <tbody
            ref={body}
            onPointerEnter={() => setPointedAt(true)}
            onPointerLeave={() => setPointedAt(false)}
            onFocusIn={({ target }) => {
              // Focus that a click has left behind is nobody pointing.
              if (target instanceof Element && target.matches(":focus-visible")) setPointedAt(true);
              setStop(skuAt(target));
            }}
            onFocusOut={() => setPointedAt(false)}
            onKeyDown={nextStop}
          >
            {rows.map((row) => (
              <Row
                key={row.sku}
                row={row}
                isLow={low.has(row.sku)}
                rank={ranks.get(row.sku) ?? null}
                format={format}
                isStop={row.sku === tabStop}
                onOpen={onOpen}
              />
            ))}
          </tbody>
        </table>
        {rows.length === 0 && <p class="none soft">{products.length === 0 ? NOTHING_YET : NO_MATCH}</p>}
      </div>
      {rows.length > FIRST_ROWS && (
        <button type="button" class="more" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? "Show fewer" : `Show all ${rows.length}`}
        </button>
      )}
    </section>
  );
});

const skuAt = (target: EventTarget | null): string | null =>
  target instanceof Element ? (target.closest("tr")?.dataset["sku"] ?? null) : null;
