import { useCallback } from "preact/hooks";
import type { Api } from "../access/api.ts";
import { type Polled, usePolled } from "../access/polled.ts";

const EVERY_MS = 5_000;

/** `GET /admin/v1/metrics`, as much of it as is shown here. */
export interface Metrics {
  readonly as_of: string;
  readonly queues: readonly {
    readonly queue: string;
    readonly backlog: number;
    readonly backlog_bytes: number;
    readonly oldest_at?: string;
  }[];
  readonly dead_letters: readonly { readonly queue: string; readonly count: number }[];
  readonly payment_provider?: {
    readonly wait_ms: number;
    readonly calls_per_s: number;
    readonly blocked_until?: string;
  };
}

/** Looked at while the drawer is open and the tab is seen. */
export function useMetrics(api: Api): Polled<Metrics> {
  const ask = useCallback(() => api.get<Metrics>("metrics"), [api]);
  return usePolled(ask, EVERY_MS);
}
