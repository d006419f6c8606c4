import type { ConsoleSession } from "../../src/domain/live.ts";
import type { Format } from "../figures/format.ts";
import type { Phase } from "../live/phase.ts";
import type { LiveView } from "../live/view.ts";
import { Icon, Mark } from "../ui/icon.tsx";
import { useNow } from "../ui/now.ts";
import { useStore } from "../ui/store.ts";
import { SCREENS } from "./screens.tsx";
import { nextTheme, type Theme, theme } from "./theme.ts";

const PHASES: Record<Phase, string> = {
  connecting: "Connecting",
  live: "Live",
  replaying: "Catching up",
  stale: "Not live",
};
const THEMES: Record<Theme, string> = { system: "as the system", light: "light", dark: "dark" };

interface HeaderProps {
  readonly view: LiveView;
  readonly screen: string;
  readonly session: ConsoleSession;
  readonly format: Format;
  readonly onOperator: () => void;
  readonly onLeave: () => void;
}

export function Header({ view, screen, session, format, onOperator, onLeave }: HeaderProps) {
  const chosen = useStore(theme);
  return (
    <header class="bar">
      <Mark />
      <h1>Breakwater</h1>
      {SCREENS.length > 1 && (
        <nav aria-label="Screens">
          {SCREENS.map(({ id, title }) => (
            <a key={id} href={`#/${id}`} aria-current={id === screen ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
      )}
      {view.board && <ShopTime format={format} aheadMs={view.link.aheadMs ?? 0} />}
      <p class={`status ${view.phase}`} role="status">
        <span class="status-sign" aria-hidden="true" />
        {PHASES[view.phase]}
        {view.link.via === "polling" && view.phase === "live" && <span class="faint"> every 2 s</span>}
      </p>
      <div class="tools">
        <button
          type="button"
          class="quiet"
          onClick={onOperator}
          aria-haspopup="dialog"
          aria-keyshortcuts="o"
          data-shortcut="o"
        >
          <Icon name="operator" />
          <span class="tool-name">Operator</span>
        </button>
        <button type="button" class="quiet" onClick={nextTheme} title={`Colours: ${THEMES[chosen]}`}>
          <Icon name={chosen} />
          <span class="unseen">Colours: {THEMES[chosen]}. Change</span>
        </button>
        {session.via === "key" && (
          <button type="button" class="quiet" onClick={onLeave} title={`Sign out ${session.name}`}>
            <Icon name="leave" />
            <span class="unseen">Sign out {session.name}</span>
          </button>
        )}
      </div>
    </header>
  );
}

function ShopTime({ format, aheadMs }: { readonly format: Format; readonly aheadMs: number }) {
  const now = useNow(1_000) + aheadMs;
  return (
    <p class="shop-time soft">
      <span class="wide">{format.date(now)}, </span>
      <span class="figure">{format.time(now)}</span>{" "}
      <span class="faint wide">{format.timeZone.replaceAll("_", " ")}</span>
    </p>
  );
}
