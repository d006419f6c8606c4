import { useEffect, useState } from "preact/hooks";
import { MOST_PER_LINE } from "../basket/state.ts";

interface QuantityProps {
  readonly label: string;
  readonly value: number;
  /** What is worth offering: more than can be had is refused at checkout anyway. */
  readonly most?: number | undefined;
  readonly onChange: (quantity: number) => void;
}

/** Buttons for a few, a field for many. What is typed counts when the field is left. */
export function Quantity({ label, value, most = MOST_PER_LINE, onChange }: QuantityProps) {
  const [text, setText] = useState(String(value));
  useEffect(() => setText(String(value)), [value]);
  const take = (): void => {
    const typed = Math.trunc(Number(text));
    if (typed >= 1 && typed <= MOST_PER_LINE) onChange(typed);
    else setText(String(value));
  };
  return (
    <div class="quantity" role="group" aria-label={label}>
      <button type="button" aria-label="One less" disabled={value <= 1} onClick={() => onChange(value - 1)}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M3 8h10" />
        </svg>
      </button>
      <input
        aria-label={label}
        inputMode="numeric"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={take}
        onKeyDown={(event) => event.key === "Enter" && take()}
      />
      <button type="button" aria-label="One more" disabled={value >= most} onClick={() => onChange(value + 1)}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M3 8h10M8 3v10" />
        </svg>
      </button>
    </div>
  );
}
