import type { ComponentChildren } from "preact";
import type { BoardTotals, Compared, Freshness } from "../../src/domain/live.ts";
import { type Change, changeOf } from "../figures/change.ts";
import { type Format, span } from "../figures/format.ts";
import type { Quantiles } from "../live/latency.ts";
import { Figure } from "../ui/figure.tsx";
import { Icon } from "../ui/icon.tsx";
import { memo } from "../ui/memo.tsx";
import { useNow } from "../ui/now.ts";

interface StripProps {
  readonly totals: BoardTotals;
  readonly freshness: Freshness;
  readonly eventToScreen: Quantiles | null;
  readonly aheadMs: number;
  readonly format: Format;
}

/** The six figures that answer "how is it going": each beside yesterday's by this time of day. */
export const Strip = memo(function Strip({ totals, freshness, eventToScreen, aheadMs, format }: StripProps) {
  const { revenue, orders, average_order_value: average, conversion } = totals;
  const amounts = { today: revenue.today.amount, yesterday: revenue.yesterday?.amount ?? null };
  const averages = { today: average.today?.amount ?? null, yesterday: average.yesterday?.amount ?? null };
  return (
    <dl class="strip">
      <Fact name="Revenue today" figure={format.moneyWhole(revenue.today)} isFirst>
        <Against compared={amounts} then={revenue.yesterday && format.moneyWhole(revenue.yesterday)} format={format} />
      </Fact>
      <Fact name="Orders" figure={format.count(orders.today)}>
        <Against
          compared={orders}
          then={orders.yesterday === null ? null : format.count(orders.yesterday)}
          format={format}
        />
      </Fact>
      <Fact name="Average order" figure={format.money(average.today)}>
        <Against compared={averages} then={average.yesterday && format.money(average.yesterday)} format={format} />
      </Fact>
      <Fact name="Conversion" figure={format.share(conversion.today)}>
        <Against
          compared={conversion}
          then={conversion.yesterday === null ? null : format.share(conversion.yesterday)}
          format={format}
        />
      </Fact>
      <Fact name="Visitors now" figure={format.count(totals.visitors_now)}>
        <span class="faint">{format.countShort(totals.visitors_today)} today</span>
      </Fact>
      <FreshnessFact freshness={freshness} eventToScreen={eventToScreen} aheadMs={aheadMs} />
    </dl>
  );
});

interface FactProps {
  readonly name: string;
  readonly figure: string;
  readonly isFirst?: boolean;
  readonly children: ComponentChildren;
}

function Fact({ name, figure, isFirst = false, children }: FactProps) {
  return (
    <div class={isFirst ? "fact first" : "fact"}>
      <dt>{name}</dt>
      <dd class="fact-figure">
        <Figure text={figure} />
      </dd>
      <dd class="fact-note">{children}</dd>
    </div>
  );
}

/** Below this the age of the newest event is only noise. */
const JUST_NOW_MS = 2_000;

const WORDS = { up: "above yesterday", down: "below yesterday", level: "as yesterday" } as const;
const ICONS = { up: "rise", down: "fall", level: "level" } as const;

interface AgainstProps {
  readonly compared: Compared<number | null>;
  readonly then: string | null;
  readonly format: Format;
}

function Against({ compared, then, format }: AgainstProps) {
  const change: Change | null = changeOf(compared.today, compared.yesterday);
  if (!change) return <span class="faint">nothing to compare yet</span>;
  return (
    <>
      <span class={`change ${change.direction}`}>
        <Icon name={ICONS[change.direction]} />
        {change.share === null ? "new" : format.share(change.share)}
        <span class="unseen"> {WORDS[change.direction]} by this time</span>
      </span>
      <span class="faint">
        {then}
        <span class="wide"> yesterday</span>
      </span>
    </>
  );
}

type FreshnessProps = Pick<StripProps, "freshness" | "eventToScreen" | "aheadMs">;

/** How old the newest event on the screen is, and how long events take to get here. */
function FreshnessFact({ freshness, eventToScreen, aheadMs }: FreshnessProps) {
  const now = useNow(1_000) + aheadMs;
  const newest = freshness.newest_event_at === null ? null : Date.parse(freshness.newest_event_at);
  return (
    <div class="fact">
      <dt>Event to screen</dt>
      <dd class="fact-figure">
        <span class="figure">{eventToScreen ? span(eventToScreen.p50) : "\u2013"}</span>
      </dd>
      <dd class="fact-note">
        {eventToScreen && (
          <span class="soft">
            <abbr title="99 of 100 events of the last five minutes were on this screen in">p99</abbr>{" "}
            {span(eventToScreen.p99)}
          </span>
        )}
        <span class="faint">
          {newest === null
            ? "no event yet"
            : now - newest < JUST_NOW_MS
              ? "newest just now"
              : `newest ${span(now - newest)} ago`}
        </span>
      </dd>
    </div>
  );
}
