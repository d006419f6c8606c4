import { useEffect, useState } from "preact/hooks";

/** Navigation inside the page: links are ordinary links, and a click on one of ours does not load the document again. */
const listeners = new Set<() => void>();

function moved(): void {
  for (const listener of listeners) listener();
}

export function goTo(path: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  const isSame = path === location.pathname + location.search;
  if (replace || isSame) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  if (!replace) window.scrollTo(0, 0);
  moved();
}

/** The address as it changes. */
export function useAddress(): string {
  const [address, setAddress] = useState(location.href);
  useEffect(() => {
    const read = (): void => setAddress(location.href);
    listeners.add(read);
    window.addEventListener("popstate", read);
    document.addEventListener("click", followed);
    return () => {
      listeners.delete(read);
      window.removeEventListener("popstate", read);
      document.removeEventListener("click", followed);
    };
  }, []);
  return address;
}

/** A plain click on a link to a page of the shop. Everything else (new tab, /docs, another site) is the browser's. */
function followed(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!link || link.origin !== location.origin || link.dataset["document"] !== undefined || link.hash !== "") return;
  event.preventDefault();
  goTo(link.pathname + link.search);
}
