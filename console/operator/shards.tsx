import { span } from "../figures/format.ts";
import type { OperatorProps } from "./drawer.tsx";

export function Shards({ view: { board }, format }: OperatorProps) {
  if (!board) return <p class="soft">No board yet.</p>;
  const { shards, slices = [] } = board;
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
          {shards.map(({ name, received, sessions, rows_written: rows, unpushed_ms: unsent, stale_since: stale }) => (
            <tr key={name}>
              <th scope="row">
                <code>{name}</code>
                <Silent since={stale} format={format} />
              </th>
              <td class="number">{format.count(received)}</td>
              <td class="number">{format.count(sessions)}</td>
              <td class="number">{format.count(rows)}</td>
              <td class="number">{span(unsent)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {slices.length > 0 && (
        <table class="plain">
          <caption>Slices of products</caption>
          <tbody>
            {slices.map(({ name, rows_written: rows, stale_since: stale }) => (
              <tr key={name}>
                <th scope="row">
                  <code>{name}</code>
                  <Silent since={stale} format={format} />
                </th>
                <td class="number">{format.count(rows)}</td>
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
  readonly since: string | undefined;
  readonly format: OperatorProps["format"];
}

const Silent = ({ since, format }: SilentProps) =>
  since === undefined ? null : <span class="scarce critical"> silent since {format.time(Date.parse(since))}</span>;
