import { useCallback, useMemo, useState } from "preact/hooks";
import type { Board, ProductDetail, ProductRow } from "../../src/domain/live.ts";
import type { Api } from "../access/api.ts";
import { usePolled } from "../access/polled.ts";
import { PolledNote } from "../access/polled-note.tsx";
import { StockLevel } from "../board/stock.tsx";
import { Thumb } from "../board/thumb.tsx";
import type { Format } from "../figures/format.ts";
import { lastHour, type MinuteField, wholeDay } from "../figures/series.ts";
import { Chart } from "../ui/chart.tsx";
import { Choice } from "../ui/choice.tsx";
import { Sheet } from "../ui/sheet.tsx";

const EVERY_MS = 5_000;
const HEIGHT = 220;
const FIELDS = { views: "Views", adds: "Adds", orders: "Orders", revenue: "Revenue" } as const;
const SPANS = { hour: "Last hour", day: "Today" } as const;

interface ProductSheetProps {
  readonly sku: string;
  /** The product's row on the board, which is newer than what is fetched; not every product has one. */
  readonly row: ProductRow | undefined;
  readonly isLow: boolean;
  readonly day: Board["day"];
  readonly api: Api;
  readonly format: Format;
  readonly onClose: () => void;
}

export function ProductSheet({ sku, row, isLow, day, api, format, onClose }: ProductSheetProps) {
  const ask = useCallback(() => api.get<ProductDetail>(`analytics/products/${encodeURIComponent(sku)}`), [api, sku]);
  const polled = usePolled(ask, EVERY_MS);
  const { value: detail, refusal } = polled;
  const product = row ?? detail?.product;
  return (
    <Sheet
      title={product?.name ?? sku}
      note={noteOf(sku, product)}
      picture={product && <Thumb image={product.image} />}
      onClose={onClose}
    >
      {product && <ProductFigures product={product} isLow={isLow} format={format} />}
      <div role="status">
        {refusal?.reason === "not_found" ? (
          <p class="failed">Nothing was recorded of this product in the last 24 hours.</p>
        ) : (
          <PolledNote polled={polled} asking="Fetching its minutes" format={format} />
        )}
      </div>
      {detail && <ProductMinutes detail={detail} day={day} format={format} />}
    </Sheet>
  );
}

const noteOf = (sku: string, product: ProductRow | undefined): string =>
  product?.enriched ? `${product.brand} \u00b7 ${product.category} \u00b7 ${sku}` : sku;

interface FiguresProps {
  readonly product: ProductRow;
  readonly isLow: boolean;
  readonly format: Format;
}

function ProductFigures({ product, isLow, format }: FiguresProps) {
  const { trend, stock } = product;
  const figures = [
    ["Revenue today", format.money(product.revenue)],
    ["Orders", format.count(product.orders)],
    ["Units", format.count(product.units)],
    ["Conversion", format.share(product.conversion)],
    ["Views", format.count(product.views)],
    ["Adds", format.count(product.adds)],
    ["Checkouts", format.count(product.checkouts)],
    ["Trending", trend.rank === null ? "not ranked" : `no. ${format.count(trend.rank)}`],
  ] as const;
  return (
    <>
      <dl class="figures">
        {figures.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="figure">{text}</dd>
          </div>
        ))}
      </dl>
      <p class="stock-line">
        <span class="soft">Stock</span>{" "}
        <strong>
          <StockLevel stock={stock} isLow={isLow} format={format} />
        </strong>
        {stock && (
          <span class="faint">
            can be sold, {format.count(stock.on_hand)} on the shelf, as of{" "}
            {format.timeWithSeconds(Date.parse(stock.as_of))}
          </span>
        )}
      </p>
    </>
  );
}

interface MinutesProps {
  readonly detail: ProductDetail;
  readonly day: Board["day"];
  readonly format: Format;
}

function ProductMinutes({ detail, day, format }: MinutesProps) {
  const [field, setField] = useState<keyof typeof FIELDS>("views");
  const [span, setSpan] = useState<keyof typeof SPANS>("hour");
  const isMoney = field === "revenue";
  const value = isMoney ? format.shopMoney : decimal;
  const series = useMemo(() => {
    const now = Date.parse(detail.as_of);
    const shown: MinuteField = field;
    const { days } = format;
    if (span === "hour") return lastHour(detail.minutes, shown, { now, days });
    return wholeDay(detail.minutes, shown, { startsAt: Date.parse(day.starts_at), now, days });
  }, [detail, field, span, day.starts_at, format]);
  const name = FIELDS[field].toLowerCase();
  const last = series.today.findLast((point) => point !== null) ?? 0;
  return (
    <section aria-labelledby="minutes-title" class="minutes">
      <header class="panel-head">
        <h3 id="minutes-title">{FIELDS[field]} per minute</h3>
        <Choice label="Span of the chart" options={SPANS} value={span} onChange={setSpan} />
      </header>
      <Choice label="What is counted" options={FIELDS} value={field} onChange={setField} />
      <Chart
        series={series}
        height={HEIGHT}
        timeZone={format.timeZone}
        time={format.time}
        value={value}
        axisValue={isMoney ? format.moneyShort : format.countShort}
        summary={`${FIELDS[field]} per minute, ${SPANS[span].toLowerCase()}: ${value(last)} ${name} in the last full span.`}
      />
    </section>
  );
}

const decimal = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(1));
