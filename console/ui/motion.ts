const reduced = matchMedia("(prefers-reduced-motion: reduce)");

/** Plays keyframes unless the reader asked for stillness. Nothing that only moves may be the only sign of something. */
export function play(element: Element | null, frames: Keyframe[], options: KeyframeAnimationOptions): void {
  if (!reduced.matches) element?.animate(frames, options);
}
