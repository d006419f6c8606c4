/** One stroke, one size, drawn here: so few shapes do not need a library. Always beside a text or a label, never alone. */
const PATHS = {
  rise: "M8 13V3M3.5 7.5 8 3l4.5 4.5",
  fall: "M8 3v10M3.5 8.5 8 13l4.5-4.5",
  level: "M3 8h10",
  warning: "M8 2.2 14.6 13.6H1.4ZM8 6.4v3.4M8 11.6v.2",
  critical: "M5.2 1.8h5.6l3.4 3.4v5.6l-3.4 3.4H5.2l-3.4-3.4V5.2ZM8 4.8v4M8 10.9v.2",
  info: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM8 7.4v3.8M8 4.8V5",
  calm: "M2.5 8.5 6.2 12l7.3-8",
  close: "m3.5 3.5 9 9m0-9-9 9",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14",
  system: "M2 3h12v8H2ZM5.5 14h5M8 11v3",
  light:
    "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8 13 13M3 13l1.2-1.2M11.8 4.2 13 3",
  dark: "M13.6 9.6A6 6 0 0 1 6.4 2.4 6 6 0 1 0 13.6 9.6Z",
  operator: "M2 4h7M13 4h1M2 12h1M7 12h7M11 2.2v3.6M5 10.2v3.6",
  leave: "M6 2.5H2.5v11H6M10 5l3.2 3L10 11M13 8H6",
} as const;
export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** A wall, and the sea on either side of it. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" class="mark-ground" />
      <path class="mark-sea" d="M4 14c2.2-2.6 4.4-2.6 6.6 0s4.4 2.6 6.6 0M4 21c2.2-2.6 4.4-2.6 6.6 0s4.4 2.6 6.6 0" />
      <path class="mark-wall" d="M21 7v18M25.5 11v10" />
    </svg>
  );
}
