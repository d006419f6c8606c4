import type { FunctionComponent } from "preact";
import type { Board } from "../../src/domain/live.ts";
import type { Api } from "../access/api.ts";
import { Alerts } from "../alerts/rail.tsx";
import type { Format } from "../figures/format.ts";
import type { Link } from "../live/view.ts";
import { Day } from "../board/day.tsx";
import { Funnel } from "../board/funnel.tsx";
import { Revenue } from "../board/revenue.tsx";
import { Strip } from "../board/strip.tsx";
import { Trending } from "../board/trending.tsx";
import { Decisions } from "../pipeline/decisions.tsx";
import { Flow } from "../pipeline/flow.tsx";
import { RolloutLog } from "../rollout/log.tsx";
import { Rollout } from "../rollout/rollout.tsx";

/** What every panel is given. Panels draw from it and keep no copy. */
export interface PanelProps {
  readonly board: Board;
  readonly link: Link;
  readonly api: Api;
  readonly format: Format;
  /** Whether this reader may acknowledge, mute and change rules. */
  readonly mayAlert: boolean;
  /** Whether this reader may start, stop and take back what is guarded. */
  readonly mayDecide: boolean;
  /** The flag that the address names. */
  readonly flag: string | null;
  readonly onOpenProduct: (sku: string) => void;
  readonly onOpenRules: () => void;
}
export type Panel = FunctionComponent<PanelProps>;

/** A screen: panels in reading order, in the places of the layout. */
export interface Screen {
  /** In the address. */
  readonly id: string;
  readonly title: string;
  readonly top: readonly Panel[];
  /** Narrow, first: what wants attention. */
  readonly rail: readonly Panel[];
  readonly main: readonly Panel[];
  readonly side: readonly Panel[];
  /** Last to be read; on a wide screen below the rail. */
  readonly foot: readonly Panel[];
}

/** What wants attention does so on every screen. */
const AlertsRail: Panel = ({ board, api, format, mayAlert, onOpenProduct, onOpenRules }) => (
  <Alerts
    alerts={board.alerts}
    total={board.alerts_total}
    book={board.alert_book}
    api={api}
    format={format}
    mayAct={mayAlert}
    onOpen={onOpenProduct}
    onRules={onOpenRules}
  />
);

/** A panel is added to a screen, and a screen to the console, by a line here; with a second screen the header shows tabs. */
export const SCREENS: readonly [Screen, ...Screen[]] = [
  {
    id: "live",
    title: "Live",
    top: [
      ({ board, link, format }) => (
        <Strip
          totals={board.totals}
          freshness={board.freshness}
          eventToScreen={link.eventToScreen}
          aheadMs={link.aheadMs ?? 0}
          format={format}
        />
      ),
    ],
    rail: [AlertsRail],
    main: [
      ({ board, format, onOpenProduct }) => (
        <Trending products={board.products} alerts={board.alerts} format={format} onOpen={onOpenProduct} />
      ),
    ],
    side: [
      ({ board, format }) => <Funnel funnel={board.funnel} abandoned={board.totals.abandoned} format={format} />,
      ({ board, link, format }) => (
        <Revenue minutes={board.minutes} day={board.day} aheadMs={link.aheadMs ?? 0} format={format} />
      ),
    ],
    foot: [({ board, format }) => <Day totals={board.totals} format={format} />],
  },
  {
    id: "pipeline",
    title: "Pipeline",
    top: [],
    rail: [AlertsRail],
    main: [({ api, format }) => <Flow api={api} format={format} />],
    side: [({ api, format }) => <Decisions api={api} format={format} />],
    foot: [],
  },
  {
    id: "rollout",
    title: "Rollout",
    top: [],
    rail: [AlertsRail],
    main: [
      ({ api, link, format, flag, mayDecide }) => (
        <Rollout api={api} format={format} aheadMs={link.aheadMs ?? 0} flag={flag} mayDecide={mayDecide} />
      ),
    ],
    side: [({ api, format }) => <RolloutLog api={api} format={format} />],
    foot: [],
  },
];
