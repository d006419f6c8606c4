import { useEffect, useState } from "preact/hooks";
import type { Answer, Refusal } from "./api.ts";

const EVERY_MS = 2_000;

/** What is asked for again and again, as far as it is known. */
export interface Polled<T> {
  /** As it was answered last; null before that. A refusal does not take it away: by then it is old, and not gone. */
  readonly value: T | null;
  /** When that was, UTC ms by our clock. */
  readonly heardAt: number;
  /** Why the last try told nothing new; null when it did. */
  readonly refusal: Refusal | null;
}

export const UNHEARD = { value: null, heardAt: 0, refusal: null } as const satisfies Polled<never>;

export const withAnswer = <T>(before: Polled<T>, answer: Answer<T>, now: number): Polled<T> =>
  answer.ok ? { value: answer.value, heardAt: now, refusal: null } : { ...before, refusal: answer.refusal };

/**
 * An answer of the admin API, asked for again and again while it is on the screen and the tab is seen. `ask` has to stay the same as long as it asks the
 * same; another `turn` asks at once.
 */
export function usePolled<T>(ask: () => Promise<Answer<T>>, everyMs: number = EVERY_MS, turn: number = 0): Polled<T> {
  const [known, setKnown] = useState<{ readonly of: unknown; readonly polled: Polled<T> }>({
    of: ask,
    polled: UNHEARD,
  });
  useEffect(() => {
    let [isGone, asked, heard] = [false, 0, 0];
    const look = async (): Promise<void> => {
      if (document.hidden) return;
      asked += 1;
      const own = asked;
      const answer = await ask();
      // One that was overtaken is older than what is on the screen by now.
      if (isGone || own < heard) return;
      heard = own;
      const now = Date.now();
      // What another question was answered stays until this one is, but it does not stand beside its refusal.
      setKnown(({ of, polled }) => ({ of: ask, polled: withAnswer(of === ask ? polled : UNHEARD, answer, now) }));
    };
    void look();
    const timer = setInterval(() => void look(), everyMs);
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, [ask, everyMs, turn]);
  return known.polled;
}
