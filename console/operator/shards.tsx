import type { Silence } from "../../src/domain/live.ts";
import { span } from "../figures/format.ts";
import type { OperatorProps } from "./drawer.tsx";

const UNKNOWN = "\u2013";

export function Shards({ view: { board }, format }: OperatorProps) {
  if (!board) return <p class="soft">No board yet.</p>;
  const { shards, slices = [] } = board;
  /** Of what was never heard of there are no figures, and 0 would be one. */
  const count = (row: Silence, figure: number): string => (row.never_heard ? UNKNOWN : format.count(figure));
  return (
    <>
      <table class="plain">
        <caption class="unseen">The objects that count events</caption>
        <thead>
          <tr>
            <th scope="col">Shard</th>
            <th scope="col" class="number">
              Received
            </th>
            <th scope="col" class="number">
              Sessions
            </th>
            <th scope="col" class="number">
              Rows written
            </th>
            <th scope="col" class="number">
              Unsent
            </th>
          </tr>
        </thead>
        <tbody>
          {shards.map((row) => (
            <tr key={row.name}>
              <th scope="row">
                <code>{row.name}</code> <Silent row={row} format={format} />
              </th>
              <td class="number">{count(row, row.received)}</td>
              <td class="number">{count(row, row.sessions)}</td>
              <td class="number">{count(row, row.rows_written)}</td>
              <td class="number">{row.never_heard ? UNKNOWN : span(row.unpushed_ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {slices.length > 0 && (
        <table class="plain">
          <caption>Slices of products</caption>
          <tbody>
            {slices.map((row) => (
              <tr key={row.name}>
                <th scope="row">
                  <code>{row.name}</code> <Silent row={row} format={format} />
                </th>
                <td class="number">{count(row, row.rows_written)}</td>
                <td class="faint">rows written</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

interface SilentProps {
  readonly row: Silence;
  readonly format: OperatorProps["format"];
}

function Silent({ row: { stale_since: since, never_heard: isUnheard }, format }: SilentProps) {
  if (isUnheard) return <span class="scarce critical">not heard of yet</span>;
  if (since === undefined) return null;
  return <span class="scarce critical">silent since {format.time(Date.parse(since))}</span>;
}
