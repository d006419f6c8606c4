import { Store } from "../ui/store.ts";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const NAME = "breakwater.theme";
const isTheme = (value: unknown): value is Theme => THEMES.some((theme) => theme === value);

function stored(): Theme {
  try {
    const value = localStorage.getItem(NAME);
    return isTheme(value) ? value : "system";
  } catch {
    return "system";
  }
}

export const theme = new Store<Theme>(stored());

/** The style sheet does the rest: without the attribute it follows the system. */
export function applyTheme(value: Theme): void {
  if (value === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = value;
}

export function nextTheme(): void {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "system";
  try {
    localStorage.setItem(NAME, next);
  } catch {
    // It holds until the page is closed.
  }
  // Before anybody is told, so that who asks for a colour gets the new one.
  applyTheme(next);
  theme.set(next);
}

/** What is drawn on a canvas has to ask for its colours, and to be told when they change. */
export function onColoursChange(callback: () => void): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", callback);
  const stop = theme.subscribe(callback);
  return () => {
    system.removeEventListener("change", callback);
    stop();
  };
}
