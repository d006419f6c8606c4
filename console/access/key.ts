const NAME = "breakwater.admin-key";

/** Gone with the tab, unless its owner asked for more: whoever uses this browser next is not an operator. */
export const storedKey = (): string | undefined =>
  read(() => sessionStorage.getItem(NAME)) ?? read(() => localStorage.getItem(NAME));

export function storeKey(key: string, isRemembered: boolean): void {
  forgetKey();
  try {
    (isRemembered ? localStorage : sessionStorage).setItem(NAME, key);
  } catch {
    // A browser that keeps nothing still shows the console until it is closed.
  }
}

export function forgetKey(): void {
  for (const storage of [() => sessionStorage, () => localStorage]) {
    try {
      storage().removeItem(NAME);
    } catch {
      // Storage that cannot be opened has nothing in it.
    }
  }
}

function read(get: () => string | null): string | undefined {
  try {
    return get() ?? undefined;
  } catch {
    return undefined;
  }
}
