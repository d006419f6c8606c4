import { useRef } from "preact/hooks";
import { same } from "../../src/domain/board/change.ts";

/** The value of before while the new one is equal to it, for what is dear to draw and seldom changes. */
export function useSteady<T>(value: T): T {
  const kept = useRef(value);
  if (!same(kept.current, value)) kept.current = value;
  return kept.current;
}
