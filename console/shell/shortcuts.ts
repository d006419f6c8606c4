import { useEffect } from "preact/hooks";

/** A key that is not being typed into something goes to the control that names it in `data-shortcut`. */
export function useShortcuts(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isTyped =
        event.target instanceof Element && event.target.closest("input, textarea, select, dialog") !== null;
      if (isTyped || event.ctrlKey || event.metaKey || event.altKey) return;
      const control = document.querySelector<HTMLElement>(`[data-shortcut="${CSS.escape(event.key)}"]`);
      if (!control) return;
      event.preventDefault();
      control.focus();
      if (control instanceof HTMLButtonElement) control.click();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
