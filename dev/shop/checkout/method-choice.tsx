import { TEST_METHODS, type TestMethod } from "./methods.ts";

interface MethodChoiceProps {
  readonly chosen: string;
  readonly onChoose: (id: string) => void;
}

export function MethodChoice({ chosen, onChoose }: MethodChoiceProps) {
  return (
    <fieldset class="panel methods">
      <legend>How to pay</legend>
      <p class="hint">Test cards: you choose what the bank says.</p>
      {TEST_METHODS.map((method: TestMethod) => (
        <label key={method.id} class="method">
          <input
            type="radio"
            name="method"
            value={method.id}
            checked={method.id === chosen}
            onChange={() => onChoose(method.id)}
          />
          <MethodPicture kind={method.kind} />
          <span class="method-name">
            {method.name} <span class="method-digits">•••• {method.digits}</span>
          </span>
          <span class="method-outcome">{method.outcome}</span>
        </label>
      ))}
    </fieldset>
  );
}

function MethodPicture({ kind }: Pick<TestMethod, "kind">) {
  return (
    <svg class="method-picture" viewBox="0 0 32 22" aria-hidden="true">
      {kind === "card" ? (
        <path d="M3 1h26a2 2 0 0 1 2 2v16a2 2 0 0 1-2 2H3a2 2 0 0 1-2-2V3a2 2 0 0 1 2-2zM1 7h30M5 16h7" />
      ) : (
        <path d="M4 9 16 2l12 7zM6 9v8M13 9v8M19 9v8M26 9v8M3 20h26" />
      )}
    </svg>
  );
}
