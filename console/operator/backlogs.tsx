import { span } from "../figures/format.ts";
import { PolledNote } from "../access/polled-note.tsx";
import { type Metrics, useMetrics } from "./metrics.ts";
import type { OperatorProps } from "./drawer.tsx";

/** Each queue with what waits in it, and with what ran out of retries. */
export function Backlogs({ api, format }: OperatorProps) {
  const polled = useMetrics(api);
  return (
    <>
      <PolledNote polled={polled} asking="Asking the queues" format={format} />
      {polled.value && <Queues metrics={polled.value} format={format} />}
    </>
  );
}

interface QueuesProps {
  readonly metrics: Metrics;
  readonly format: OperatorProps["format"];
}

function Queues({ metrics, format }: QueuesProps) {
  const { queues, dead_letters: dead, payment_provider: provider, as_of: asOf } = metrics;
  const now = Date.parse(asOf);
  const deadIn = (queue: string): number => dead.find((entry) => entry.queue === `${queue}-dead`)?.count ?? 0;
  return (
    <>
      <table class="plain">
        <caption class="unseen">Messages that wait, by queue</caption>
        <thead>
          <tr>
            <th scope="col">Queue</th>
            <th scope="col" class="number">
              Waiting
            </th>
            <th scope="col" class="number">
              Oldest
            </th>
            <th scope="col" class="number">
              Dead letters
            </th>
          </tr>
        </thead>
        <tbody>
          {queues
            .filter(({ queue }) => !queue.endsWith("-dead"))
            .map(({ queue, backlog, oldest_at: oldest }) => (
              <tr key={queue}>
                <th scope="row">
                  <code>{queue}</code>
                </th>
                <td class="number">{format.count(backlog)}</td>
                <td class="number">{oldest === undefined ? "\u2013" : span(now - Date.parse(oldest))}</td>
                <td class="number">
                  {deadIn(queue) === 0 ? "0" : <strong class="scarce critical">{format.count(deadIn(queue))}</strong>}
                </td>
              </tr>
            ))}
        </tbody>
      </table>
      {provider && (
        <p class="soft">
          {provider.blocked_until !== undefined
            ? `The payment provider takes no calls until ${format.timeWithSeconds(Date.parse(provider.blocked_until))}.`
            : provider.wait_ms === 0
              ? "Charges go to the payment provider at once."
              : `A charge waits ${span(provider.wait_ms)} for its turn at the payment provider.`}
        </p>
      )}
    </>
  );
}
