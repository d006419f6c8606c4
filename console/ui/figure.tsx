import { useLayoutEffect, useRef } from "preact/hooks";
import { play } from "./motion.ts";

/** Long enough that a figure which changes with every frame is a calm one most of the time. */
const REST_MS = 4_000;

/** A figure that glows for a moment when it has changed, and then rests. */
export function Figure({ text }: { readonly text: string }) {
  const element = useRef<HTMLSpanElement>(null);
  const shown = useRef({ text, glowedAt: 0 });
  useLayoutEffect(() => {
    const now = performance.now();
    if (text === shown.current.text) return;
    const isDue = now - shown.current.glowedAt > REST_MS;
    shown.current = { text, glowedAt: isDue ? now : shown.current.glowedAt };
    if (isDue) play(element.current, [{ color: "var(--accent)" }, {}], { duration: 1_400, easing: "ease-out" });
  }, [text]);
  return (
    <span ref={element} class="figure">
      {text}
    </span>
  );
}
