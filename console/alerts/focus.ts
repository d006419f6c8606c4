import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

const ALERT = ".alert";

/**
 * A button that has done its work goes away, and an alert that is moved in the document loses the focus with all that is in it. Whoever has no mouse goes on
 * from the same alert; from the one in its place when it is gone; from the title when that was the last.
 */
export function useKeptFocus(panel: RefObject<HTMLElement | null>): void {
  const focused = focusedIn(panel.current);
  const alert = focused?.closest(ALERT);
  const place = alert ? alertsIn(panel.current).indexOf(alert) : -1;
  useLayoutEffect(() => {
    if (!focused || !alert || focusedIn(panel.current)) return;
    if (focused.isConnected) return focused.focus();
    const left = alertsIn(panel.current);
    const target = alert.isConnected
      ? alert.querySelector<HTMLElement>(".alert-actions button")
      : left[Math.min(place, left.length - 1)]?.querySelector<HTMLElement>("a, button");
    (target ?? panel.current?.querySelector("h2"))?.focus();
  });
}

function focusedIn(panel: HTMLElement | null): HTMLElement | null {
  const { activeElement } = document;
  return activeElement instanceof HTMLElement && panel?.contains(activeElement) ? activeElement : null;
}

const alertsIn = (panel: HTMLElement | null): Element[] => [...(panel?.querySelectorAll(ALERT) ?? [])];
