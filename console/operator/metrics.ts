import { useEffect, useState } from "preact/hooks";
import type { Answer, Api } from "../access/api.ts";

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
export function useMetrics(api: Api): Answer<Metrics> | null {
  const [answer, setAnswer] = useState<Answer<Metrics> | null>(null);
  useEffect(() => {
    let isGone = false;
    const look = async (): Promise<void> => {
      if (document.hidden) return;
      const next = await api.get<Metrics>("metrics");
      if (!isGone) setAnswer(next);
    };
    void look();
    const timer = setInterval(() => void look(), EVERY_MS);
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, [api]);
  return answer;
}
