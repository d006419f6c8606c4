import { useEffect, useRef, useState } from "preact/hooks";
import type { BoardAlert } from "../../src/domain/live.ts";
import { span } from "../figures/format.ts";
import { Icon } from "../ui/icon.tsx";
import { memo } from "../ui/memo.tsx";
import { useNow } from "../ui/now.ts";

const AGE_EVERY_MS = 10_000;

/** Seconds are noise in an alert that stays for hours. */
const ageOf = (ms: number): string => (ms < 60_000 ? "just now" : `for ${span(ms)}`);

interface AlertsProps {
  readonly alerts: readonly BoardAlert[];
  readonly onOpen: (sku: string) => void;
}

/** What is in force now, worst first, as the board sends it. */
export const Alerts = memo(function Alerts({ alerts, onOpen }: AlertsProps) {
  const now = useNow(AGE_EVERY_MS);
  return (
    <section class="panel alerts" aria-labelledby="alerts-title">
      <header class="panel-head">
        <h2 id="alerts-title">Alerts</h2>
        {alerts.length > 0 && <span class="count">{alerts.length}</span>}
      </header>
      {alerts.length === 0 ? (
        <p class="calm soft">
          <Icon name="calm" />
          <span>Nothing needs you. Products that run low show up here.</span>
        </p>
      ) : (
        <ul class="alert-list">
          {alerts.map((alert) => (
            <Alert key={alert.id} alert={alert} age={ageOf(now - Date.parse(alert.since))} onOpen={onOpen} />
          ))}
        </ul>
      )}
      <Announcer alerts={alerts} />
    </section>
  );
});

interface AlertProps {
  readonly alert: BoardAlert;
  readonly age: string;
  readonly onOpen: (sku: string) => void;
}

function Alert({ alert: { severity, sku, title, detail }, age, onOpen }: AlertProps) {
  const said = (
    <>
      <Icon name={severity} />
      <span class="alert-text">
        <span class="unseen">{severity === "critical" ? "Critical: " : "Warning: "}</span>
        <span class="alert-title">{title}</span>
        <span class="soft">
          {detail} <span class="faint">{age}</span>
        </span>
      </span>
    </>
  );
  return (
    <li class={`alert ${severity}`}>
      {sku === undefined ? (
        <div class="alert-face">{said}</div>
      ) : (
        <button type="button" class="alert-face" aria-haspopup="dialog" onClick={() => onOpen(sku)}>
          {said}
        </button>
      )}
    </li>
  );
}

/** Says what is new, once, and nothing of what was there when the page was opened. */
function Announcer({ alerts }: { readonly alerts: readonly BoardAlert[] }) {
  const known = useRef<ReadonlySet<string>>(new Set(alerts.map(({ id }) => id)));
  const [said, setSaid] = useState("");
  useEffect(() => {
    const fresh = alerts.filter(({ id }) => !known.current.has(id));
    known.current = new Set(alerts.map(({ id }) => id));
    if (fresh.length > 0) setSaid(fresh.map(({ title, detail }) => `${title}, ${detail}.`).join(" "));
  }, [alerts]);
  return (
    <p class="unseen" aria-live="polite">
      {said}
    </p>
  );
}
