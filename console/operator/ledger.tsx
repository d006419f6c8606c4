import { unheardOf } from "../board/silence.ts";
import { imbalanceOf } from "../figures/balance.ts";
import { Icon } from "../ui/icon.tsx";
import type { OperatorProps } from "./drawer.tsx";

const PARTS = ["applied", "duplicate", "late", "rejected", "pending"] as const;
const MEANINGS: Record<(typeof PARTS)[number], string> = {
  applied: "counted, once",
  duplicate: "seen before",
  late: "older than 24 hours",
  rejected: "not valid",
  pending: "on the way",
};

export function Ledger({ view: { board }, format }: OperatorProps) {
  if (!board) return <p class="soft">No board yet.</p>;
  const { ledger } = board;
  const off = imbalanceOf(ledger);
  const unheard = unheardOf(board);
  return (
    <>
      <table class="plain">
        <caption class="unseen">Every event that was received, by what became of it</caption>
        <tbody>
          <tr class="sum">
            <th scope="row">Received</th>
            <td class="number">{format.count(ledger.received)}</td>
            <td class="faint">events since the shop began</td>
          </tr>
          {PARTS.map((part) => (
            <tr key={part}>
              <th scope="row">{part}</th>
              <td class="number">{format.count(ledger[part])}</td>
              <td class="faint">{MEANINGS[part]}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {unheard === "" ? (
        <p class={off === 0 ? "verdict" : "verdict failed"}>
          <Icon name={off === 0 ? "calm" : "critical"} />
          {off === 0 ? "Balances to the event" : `Off by ${format.count(off)}`}
        </p>
      ) : (
        <p class="verdict failed">
          <Icon name="warning" />
          No verdict: {unheard} not heard of yet
        </p>
      )}
      <Counts
        caption="Rejected, by reason"
        rows={ledger.rejected_by.filter(({ count }) => count > 0).map(({ reason, count }) => [reason, count, ""])}
        format={format}
      />
      <Counts
        caption="Facts of the shop itself"
        rows={ledger.facts.map(({ type, count, last_at }) => [
          type,
          count,
          `last at ${format.timeWithSeconds(Date.parse(last_at))}`,
        ])}
        format={format}
      />
    </>
  );
}

interface CountsProps {
  readonly caption: string;
  readonly rows: readonly (readonly [name: string, count: number, note: string])[];
  readonly format: OperatorProps["format"];
}

function Counts({ caption, rows, format }: CountsProps) {
  if (rows.length === 0) return null;
  return (
    <table class="plain">
      <caption>{caption}</caption>
      <tbody>
        {rows.map(([name, count, note]) => (
          <tr key={name}>
            <th scope="row">
              <code>{name}</code>
            </th>
            <td class="number">{format.count(count)}</td>
            <td class="faint">{note}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
