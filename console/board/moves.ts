import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { ProductRow } from "../../src/domain/live.ts";
import { play } from "../ui/motion.ts";

/** Further down nobody sees it. */
const ROWS_WATCHED = 40;

/**
 * Lets rows slide to their new places instead of jumping. All rows have one height, so their places are numbers and nothing is measured twice.
 * A row that is moved in the document loses the focus, and is given it back.
 */
export function useMoves(body: RefObject<HTMLElement | null>, rows: readonly ProductRow[]): void {
  const before = useRef<ReadonlyMap<string, number>>(new Map());
  const focused = skuAt(document.activeElement, body.current);
  const order = rows.map(({ sku }) => sku).join("\n");
  useLayoutEffect(() => {
    const places = new Map(rows.map(({ sku }, index) => [sku, index]));
    const height = body.current?.firstElementChild?.clientHeight ?? 0;
    for (const element of [...(body.current?.children ?? [])].slice(0, ROWS_WATCHED)) {
      const sku = element instanceof HTMLElement ? element.dataset["sku"] : undefined;
      if (sku === undefined) continue;
      const by = (before.current.get(sku) ?? places.get(sku) ?? 0) - (places.get(sku) ?? 0);
      const frames = [{ transform: `translateY(${by * height}px)` }, { transform: "none" }];
      if (by !== 0) play(element, frames, { duration: 420, easing: "cubic-bezier(0.2, 0.8, 0.2, 1)" });
    }
    before.current = places;
    if (focused !== null && skuAt(document.activeElement, body.current) === null) {
      const button = body.current?.querySelector<HTMLElement>(`tr[data-sku="${CSS.escape(focused)}"] button.name`);
      button?.focus({ preventScroll: true });
    }
    // Only a change of the order moves anything; the rows themselves change with every frame.
  }, [order]);
}

function skuAt(element: Element | null, body: Element | null): string | null {
  const row = body?.contains(element) ? element?.closest("tr") : null;
  return row?.dataset["sku"] ?? null;
}
