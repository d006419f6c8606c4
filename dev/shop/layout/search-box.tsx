import { useEffect, useRef, useState } from "preact/hooks";
import { goTo } from "../routing/navigation.ts";
import { type Route, toShop } from "../routing/route.ts";

/** Typing searches by itself after a pause of this length, in ms. */
const PAUSE_MS = 300;
const MOST_CHARS = 100;

export function SearchBox({ route }: { readonly route: Route }) {
  const asked = route.page === "shop" ? route.q : "";
  const category = route.page === "shop" ? route.category : "";
  const [text, setText] = useState(asked);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // A search that was followed by a click on a category, or by going back, is no longer what the box says.
    if (document.activeElement !== input.current) setText(asked);
  }, [asked]);
  useEffect(() => {
    if (text.trim() === asked || document.activeElement !== input.current) return undefined;
    const timer = setTimeout(() => goTo(toShop(category, text.trim()), { replace: asked !== "" }), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, asked, category]);
  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        goTo(toShop(category, text.trim()));
      }}
    >
      <label class="unseen" for="search">
        Search products
      </label>
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <circle cx="10.5" cy="10.5" r="6" />
        <path d="m15 15 5 5" />
      </svg>
      <input
        id="search"
        ref={input}
        type="search"
        placeholder="Search"
        maxLength={MOST_CHARS}
        autocomplete="off"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </form>
  );
}
