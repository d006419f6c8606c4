export type LogLevel = "info" | "warn" | "error";

/** What a line says beside its event. Ids go in as `orderId`, `messageId`, `requestId`, so that one query finds them in every Worker. */
export type LogFields = Readonly<Record<string, unknown>> & {
  readonly level?: never;
  readonly event?: never;
  readonly at?: never;
};

/** One JSON object per line: Workers Logs indexes its fields. `event` is stable snake_case, `at` RFC 3339. */
export function log(level: LogLevel, event: string, fields: LogFields = {}): void {
  const line = JSON.stringify({ level, event, ...fields, at: new Date().toISOString() });
  if (level === "error") console.error(line);
  else console.log(line);
}
