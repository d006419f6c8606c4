/** What the page remembers in the browser. Each is one text under `breakwater.<name>`. */
export const STORED = {
  visitor: "visitor",
  cart: "cart",
  email: "email",
  attempt: "attempt",
} as const;
export type StoredName = (typeof STORED)[keyof typeof STORED];

const forgotten = new Map<string, string>();
const keyOf = (name: string): string => `breakwater.${name}`;

/** A browser may forbid storage; then it lasts as long as the page. */
export function recall(name: StoredName): string | undefined {
  try {
    return localStorage.getItem(keyOf(name)) ?? undefined;
  } catch {
    return forgotten.get(name);
  }
}

export function keep(name: StoredName, text: string | undefined): void {
  try {
    if (text === undefined) localStorage.removeItem(keyOf(name));
    else localStorage.setItem(keyOf(name), text);
  } catch {
    if (text === undefined) forgotten.delete(name);
    else forgotten.set(name, text);
  }
}

/** Calls back when another tab has changed what is kept under this name. */
export function onKeptElsewhere(name: StoredName, callback: () => void): void {
  window.addEventListener("storage", (event) => event.key === keyOf(name) && callback());
}
