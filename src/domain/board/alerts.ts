import { METRICS, severityRank } from "../alerts/metrics.ts";
import type { AlertRecord } from "../alerts/record.ts";
import type { SliceSummary } from "../events/summary.ts";
import type { BoardAlert } from "../live.ts";

/** Below this a stock rule is about having none at all. */
const SOLD_OUT_BELOW = 1;

type LowStock = SliceSummary["low"][number];

const iso = (ms: number): string => new Date(ms).toISOString();

/**
 * What is in force, as it is shown: what nobody has seen yet before the rest, worst first, muted last. `low` is what is left of products now, which moves while
 * an alert stays.
 */
export function boardAlerts(records: readonly AlertRecord[], low: readonly LowStock[]): BoardAlert[] {
  const now = new Map(low.map((row) => [row.sku, row]));
  return records.toSorted(byUrgency).map((record) => view(record, now.get(record.subject.key)));
}

function byUrgency(a: AlertRecord, b: AlertRecord): number {
  const quiet = ({ mutedUntil, acknowledged }: AlertRecord): number =>
    mutedUntil !== undefined ? 2 : acknowledged ? 1 : 0;
  return quiet(a) - quiet(b) || severityRank(b.rule.severity) - severityRank(a.rule.severity) || b.firedAt - a.firedAt;
}

function view(record: AlertRecord, low: LowStock | undefined): BoardAlert {
  const { id, rule, subject, since, acknowledged, mutedUntil } = record;
  return {
    id,
    rule: rule.id,
    severity: rule.severity,
    ...wordsOf(record, low),
    ...(subject.kind === "product" && { sku: subject.key }),
    ...(subject.kind === "flag" && { flag: subject.key }),
    since: iso(since),
    ...(acknowledged && { acknowledged: { at: iso(acknowledged.at), by: acknowledged.by } }),
    ...(mutedUntil !== undefined && { muted_until: iso(mutedUntil) }),
  };
}

function wordsOf(
  { rule, subject, value }: AlertRecord,
  low: LowStock | undefined,
): Pick<BoardAlert, "kind" | "title" | "detail"> {
  const { unit } = METRICS[rule.metric];
  if (rule.metric === "flag.rolled_back") {
    const detail = "Everything goes the safe way until somebody rearms it";
    return { kind: "metric", title: `${subject.key} was rolled back`, detail };
  }
  if (rule.metric !== "stock.available" || subject.kind !== "product") {
    const title = subject.kind === "shop" ? rule.name : `${subject.name || subject.key}: ${rule.name}`;
    return {
      kind: "metric",
      title,
      detail: `${amount(value ?? 0, unit)}, ${rule.comparator} ${amount(rule.threshold, unit)}`,
    };
  }
  const available = low?.available ?? value ?? 0;
  const name = low?.name || subject.name || subject.key;
  if (rule.comparator === "above")
    return { kind: "metric", title: `${name}: ${rule.name}`, detail: `${available} in stock` };
  const isOut = available <= 0 || rule.threshold <= SOLD_OUT_BELOW;
  if (isOut && available <= 0) return { kind: "stock_out", title: `${name} is sold out`, detail: "None left to sell" };
  return {
    kind: isOut ? "stock_out" : "stock_low",
    title: `${name} is running low`,
    detail: `${available} left to sell`,
  };
}

function amount(value: number, unit: string): string {
  if (unit === "ratio") return `${Number((value * 100).toPrecision(3))} %`;
  return `${Number(value.toPrecision(4))} ${unit}`;
}
