interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly options: Readonly<Record<T, string>>;
  readonly value: T;
  readonly onChange: (value: T) => void;
}

/** A few ways to look at the same thing, one of them chosen. */
export function Choice<T extends string>({ label, options, value, onChange }: ChoiceProps<T>) {
  // SAFETY: the keys of a record of T are T.
  const keys = Object.keys(options) as T[];
  return (
    <div class="choice" role="group" aria-label={label}>
      {keys.map((key) => (
        <button key={key} type="button" aria-pressed={key === value} onClick={() => onChange(key)}>
          {options[key]}
        </button>
      ))}
    </div>
  );
}
