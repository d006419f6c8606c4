import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { BoardAlert, Silence } from "../../src/domain/live.ts";
import { refusedChange } from "../access/refusal.ts";
import type { Api } from "../access/api.ts";
import { type Format, span } from "../figures/format.ts";
import { writeRoute } from "../shell/address.ts";
import { Icon } from "../ui/icon.tsx";
import { memo } from "../ui/memo.tsx";
import { useNow } from "../ui/now.ts";
import { Calm } from "./calm.tsx";
import { useKeptFocus } from "./focus.ts";
import { type News, newsOf } from "./news.ts";

const AGE_EVERY_MS = 10_000;
const MUTE_S = 3_600;
/** What is said when a button has done its work. */
const DONE = { acknowledge: "Acknowledged", mute: "Muted for 1 h", unmute: "Not muted any more" } as const;
type Act = (alert: BoardAlert, action: keyof typeof DONE, body: object) => Promise<void>;

/** Seconds are noise in an alert that stays for hours. */
const ageOf = (ms: number): string => (ms < 60_000 ? "just now" : `for ${span(ms)}`);

interface AlertsProps {
  readonly alerts: readonly BoardAlert[];
  /** With those that the board does not send. */
  readonly total: number;
  /** Whether the book that keeps them answers. */
  readonly book: Silence | undefined;
  readonly api: Api;
  readonly format: Format;
  /** Whether this reader may acknowledge and mute. */
  readonly mayAct: boolean;
  readonly onOpen: (sku: string) => void;
  readonly onRules: () => void;
}

/** What is in force now, worst first, as the board sends it. */
export const Alerts = memo(function Alerts(props: AlertsProps) {
  const { alerts, total, book, api, format, mayAct, onOpen, onRules } = props;
  const now = useNow(AGE_EVERY_MS);
  const [failed, setFailed] = useState("");
  const [said, say] = useNews(alerts, !book?.never_heard);
  const panel = useRef<HTMLElement>(null);
  useKeptFocus(panel);
  const act: Act = async ({ id, title }, action, body) => {
    const answer = await api.send("POST", `alerts/${id}/${action}`, body);
    // What it did comes with the next frame.
    setFailed(answer.ok ? "" : refusedChange(answer.refusal));
    if (answer.ok) say(`${DONE[action]}: ${title}.`);
  };
  return (
    <section ref={panel} class="panel alerts" aria-labelledby="alerts-title">
      <header class="panel-head">
        <h2 id="alerts-title" tabIndex={-1}>
          Alerts
        </h2>
        {total > 0 && <span class="count">{format.count(total)}</span>}
        <button type="button" class="quiet rules-link" aria-haspopup="dialog" onClick={onRules}>
          Rules
        </button>
      </header>
      {alerts.length === 0 ? (
        <Calm book={book} format={format} />
      ) : (
        <ul class="alert-list">
          {alerts.map((alert) => (
            <Alert
              key={alert.id}
              alert={alert}
              age={ageOf(now - Date.parse(alert.since))}
              format={format}
              onOpen={onOpen}
              onAct={mayAct ? act : undefined}
            />
          ))}
        </ul>
      )}
      {total > alerts.length && (
        <p class="more-alerts soft">
          and {format.count(total - alerts.length)} more about products:{" "}
          <code>GET /admin/v1/alerts?state=in_force</code>
        </p>
      )}
      <p role="alert" class="failed">
        {failed}
      </p>
      <p class="unseen" aria-live="polite">
        {said}
      </p>
    </section>
  );
});

interface AlertProps {
  readonly alert: BoardAlert;
  readonly age: string;
  readonly format: Format;
  readonly onOpen: (sku: string) => void;
  readonly onAct: Act | undefined;
}

const SEVERITIES = { info: "For information: ", warning: "Warning: ", critical: "Critical: " } as const;

function Alert({ alert, age, format, onOpen, onAct }: AlertProps) {
  const { severity, title, detail, acknowledged, muted_until: muted } = alert;
  const said = (
    <>
      <Icon name={severity} />
      <span class="alert-text">
        <span class="unseen">{SEVERITIES[severity]}</span>
        <span class="alert-title">{title}</span>
        <span class="soft">
          {detail} <span class="faint">{age}</span>
        </span>
        {acknowledged && <span class="faint">Seen by {acknowledged.by}</span>}
        {muted !== undefined && <span class="faint">Muted until {format.time(Date.parse(muted))}</span>}
      </span>
    </>
  );
  const isQuiet = acknowledged !== undefined || muted !== undefined;
  return (
    <li class={`alert ${severity}${isQuiet ? " quieted" : ""}`}>
      <Face alert={alert} onOpen={onOpen}>
        {said}
      </Face>
      {onAct && <Actions alert={alert} onAct={onAct} />}
    </li>
  );
}

interface FaceProps extends Pick<AlertProps, "alert" | "onOpen"> {
  readonly children: ComponentChildren;
}

/** Leads to what the alert is about, where that has a place. */
function Face({ alert: { sku, flag }, onOpen, children }: FaceProps) {
  if (flag !== undefined) {
    return (
      <a class="alert-face" href={writeRoute({ screen: "rollout", open: { kind: "flag", key: flag } })}>
        {children}
      </a>
    );
  }
  if (sku === undefined) return <div class="alert-face">{children}</div>;
  return (
    <button type="button" class="alert-face" aria-haspopup="dialog" onClick={() => onOpen(sku)}>
      {children}
    </button>
  );
}

/** Each names its alert to whoever hears the button and does not see where it stands. */
function Actions({ alert, onAct }: { readonly alert: BoardAlert; readonly onAct: Act }) {
  const { title, acknowledged, muted_until: muted } = alert;
  const of = <span class="unseen"> {title}</span>;
  return (
    <div class="alert-actions">
      {!acknowledged && (
        <button type="button" onClick={() => void onAct(alert, "acknowledge", {})}>
          Acknowledge{of}
        </button>
      )}
      {muted === undefined ? (
        <button type="button" onClick={() => void onAct(alert, "mute", { for_s: MUTE_S })}>
          Mute for 1 h{of}
        </button>
      ) : (
        <button type="button" onClick={() => void onAct(alert, "unmute", {})}>
          Unmute{of}
        </button>
      )}
    </div>
  );
}

/** What is to be said: what is new, once, and nothing of what was there when the page was opened; and whatever else there is to `say`. */
function useNews(alerts: readonly BoardAlert[], isHeard: boolean): readonly [string, (text: string) => void] {
  const known = useRef<News["known"]>(null);
  const [said, say] = useState("");
  useEffect(() => {
    const { known: now, fresh } = newsOf(known.current, alerts, isHeard);
    known.current = now;
    if (fresh.length > 0) say(fresh.map(({ title, detail }) => `${title}, ${detail}.`).join(" "));
  }, [alerts, isHeard]);
  return [said, say];
}
