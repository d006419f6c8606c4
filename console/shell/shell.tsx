import { useCallback, useEffect, useMemo } from "preact/hooks";
import type { ConsoleSession } from "../../src/domain/live.ts";
import type { Api } from "../access/api.ts";
import { RulesSheet } from "../alerts/rules.tsx";
import { Empty } from "../board/empty.tsx";
import { isPartial, isQuiet } from "../board/silence.ts";
import { lowSkus } from "../board/stock.tsx";
import { Format } from "../figures/format.ts";
import type { Connection } from "../live/connection.ts";
import type { LiveView } from "../live/view.ts";
import { OperatorDrawer } from "../operator/drawer.tsx";
import { ProductSheet } from "../product/detail.tsx";
import { type Store, useStore } from "../ui/store.ts";
import { Banner } from "./banner.tsx";
import { Header } from "./header.tsx";
import type { Route } from "./address.ts";
import { goTo } from "./route.ts";
import { type Panel, type PanelProps, SCREENS } from "./screens.tsx";
import { useShortcuts } from "./shortcuts.ts";

interface ShellProps {
  readonly api: Api;
  readonly session: ConsoleSession;
  readonly connection: Connection;
  readonly route: Store<Route>;
  readonly onLeave: () => void;
}

/** Until the shop has said which day, currency and time zone are its own. */
const UNKNOWN_DAY = { currency: "USD", time_zone: "UTC" };

export function Shell({ api, session, connection, route, onLeave }: ShellProps) {
  const view = useStore(connection.view);
  const { open, screen: wanted } = useStore(route);
  const screen = SCREENS.find(({ id }) => id === wanted) ?? SCREENS[0];
  const { currency, time_zone } = view.board?.day ?? UNKNOWN_DAY;
  const format = useMemo(() => new Format({ currency, time_zone }), [currency, time_zone]);
  const onOpenProduct = useCallback(
    (sku: string) => goTo({ screen: screen.id, open: { kind: "product", sku } }),
    [screen],
  );
  const onOpenRules = useCallback(() => goTo({ screen: screen.id, open: { kind: "rules" } }), [screen]);
  const may = (wanted: string): boolean => session.scopes.some((scope) => scope === "*" || scope === wanted);
  const [mayAlert, mayDecide] = [may("alerts:write"), may("flags:write")];
  const flag = open?.kind === "flag" ? open.key : null;
  const onClose = useCallback(() => goTo({ screen: screen.id, open: null }), [screen]);
  useShortcuts();
  useTitle(view, format);
  const { board, link } = view;
  const partial = board && isPartial(board) ? " partial" : "";
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the figures
      </a>
      <Header
        view={view}
        screen={screen.id}
        session={session}
        format={format}
        onOperator={() => goTo({ screen: screen.id, open: { kind: "operator" } })}
        onLeave={onLeave}
      />
      <Banner view={view} format={format} onRetry={connection.retryNow} />
      <main id="main" tabIndex={-1} class={`board ${view.phase}${partial}`} aria-busy={view.phase === "connecting"}>
        {board ? (
          <Places
            screen={screen}
            props={{ board, link, api, format, mayAlert, mayDecide, flag, onOpenProduct, onOpenRules }}
          />
        ) : (
          <p class="connecting soft">Waiting for the board</p>
        )}
      </main>
      {open?.kind === "operator" && <OperatorDrawer view={view} api={api} format={format} onClose={onClose} />}
      {open?.kind === "rules" && <RulesSheet api={api} mayAct={mayAlert} onClose={onClose} />}
      {open?.kind === "product" && board && (
        <ProductSheet
          key={open.sku}
          sku={open.sku}
          row={board.products.find(({ sku }) => sku === open.sku)}
          isLow={lowSkus(board.alerts).has(open.sku)}
          day={board.day}
          api={api}
          format={format}
          onClose={onClose}
        />
      )}
    </>
  );
}

interface PlacesProps {
  readonly screen: (typeof SCREENS)[number];
  readonly props: PanelProps;
}

function Places({ screen, props }: PlacesProps) {
  const isEmpty = screen === SCREENS[0] && isQuiet(props.board);
  return (
    <>
      <Place name="top" panels={screen.top} props={props} />
      <Place name="rail" panels={screen.rail} props={props} />
      {isEmpty ? (
        <Empty api={props.api} />
      ) : (
        <>
          <Place name="main" panels={screen.main} props={props} />
          <Place name="side" panels={screen.side} props={props} />
          <Place name="foot" panels={screen.foot} props={props} />
        </>
      )}
    </>
  );
}

function Place({
  name,
  panels,
  props,
}: {
  readonly name: string;
  readonly panels: readonly Panel[];
  readonly props: PanelProps;
}) {
  if (panels.length === 0) return null;
  return (
    <div class={`place ${name}`}>
      {panels.map((View, index) => (
        <View key={index} {...props} />
      ))}
    </div>
  );
}

/** The address of the console says what lies open, so the link must not go into it. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

/** A tab among twenty says how the day goes, and whether it can be believed. */
function useTitle({ board, phase }: LiveView, format: Format): void {
  const revenue = board ? `${format.moneyWhole(board.totals.revenue.today)} today` : "Breakwater console";
  const doubt = phase === "stale" ? "Not live: " : board && isPartial(board) ? "Incomplete: " : "";
  const title = doubt + revenue;
  useEffect(() => {
    document.title = title;
  }, [title]);
}
