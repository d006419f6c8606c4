import { useEffect, useState } from "preact/hooks";
import type { Answer } from "../access/api.ts";

const EVERY_MS = 2_000;

/** An answer of the admin API, asked for again and again while it is on the screen and the tab is seen. `ask` has to stay the same. */
export function usePolled<T>(ask: () => Promise<Answer<T>>, everyMs: number = EVERY_MS): Answer<T> | null {
  const [answer, setAnswer] = useState<Answer<T> | null>(null);
  useEffect(() => {
    let isGone = false;
    const look = async (): Promise<void> => {
      if (document.hidden) return;
      const next = await ask();
      if (!isGone) setAnswer(next);
    };
    void look();
    const timer = setInterval(() => void look(), everyMs);
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, [ask, everyMs]);
  return answer;
}
