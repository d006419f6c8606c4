import { EVERYDAY_LINES, isKept } from "../domain/cost/sampling.ts";
import { live } from "./live-settings.ts";
import { meter } from "./meter.ts";

export type LogLevel = "info" | "warn" | "error";

/** What a line says beside its event. Ids go in as `orderId`, `messageId`, `requestId`, so that one query finds them in every Worker. */
export type LogFields = Readonly<Record<string, unknown>> & {
  readonly level?: never;
  readonly event?: never;
  readonly at?: never;
};

/**
 * One JSON object per line: Workers Logs indexes its fields. `event` is stable snake_case, `at` RFC 3339. Everyday lines may be sampled (setting
 * `log_share`), by what they are about, and then carry the share.
 */
export function log(level: LogLevel, event: string, fields: LogFields = {}): void {
  const share = level === "info" && EVERYDAY_LINES.has(event) ? live.get("log_share") : undefined;
  if (share !== undefined) {
    if (!isKept(subjectOf(fields), share)) return meter.add("log.passed");
    meter.add("log.everyday");
  }
  meter.add(`${meter.home}.logEvent`);
  const sampled = share !== undefined && share < 1 ? { share } : {};
  const line = JSON.stringify({ level, event, ...fields, ...sampled, at: new Date().toISOString() });
  if (level === "error") console.error(line);
  else console.log(line);
}

/** Whose story a line belongs to. Lines about nobody in particular would all be kept, or none of them. */
function subjectOf({ orderId, cartId, messageId, eventId, requestId }: LogFields): string {
  const id = orderId ?? cartId ?? messageId ?? eventId ?? requestId;
  return typeof id === "string" ? id : "";
}
