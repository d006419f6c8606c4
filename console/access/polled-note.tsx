import type { Format } from "../figures/format.ts";
import { Icon } from "../ui/icon.tsx";
import type { Polled } from "./polled.ts";
import { hasEnded, refusedPanel } from "./refusal.ts";

interface PolledNoteProps {
  readonly polled: Polled<unknown>;
  /** What is said until there is an answer. */
  readonly asking: string;
  readonly format: Format;
}

/** Above what is polled: that it was asked for, why it cannot be had, or since when it is not the present any more. */
export function PolledNote({ polled: { value, heardAt, refusal }, asking, format }: PolledNoteProps) {
  if (!refusal) return value === null ? <p class="soft">{asking}</p> : null;
  return (
    <p class="failed">
      <Icon name="warning" />
      <span>
        {value !== null && <strong>Not up to date since {format.timeWithSeconds(heardAt)}. </strong>}
        {refusedPanel(refusal)}
      </span>
      {hasEnded(refusal) && (
        <button type="button" onClick={() => location.reload()}>
          Sign in again
        </button>
      )}
    </p>
  );
}
