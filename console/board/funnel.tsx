import type { BoardTotals, Funnel as FunnelCounts, FunnelStep } from "../../src/domain/live.ts";
import type { Format } from "../figures/format.ts";
import { Icon } from "../ui/icon.tsx";
import { memo } from "../ui/memo.tsx";

const NAMES: Record<FunnelStep, string> = {
  view: "Viewed a product",
  add: "Added to cart",
  checkout: "Began checkout",
  purchase: "Bought",
};

interface FunnelProps {
  readonly funnel: FunnelCounts;
  readonly abandoned: BoardTotals["abandoned"];
  readonly format: Format;
}

/** Sessions of today by how far they got. */
export const Funnel = memo(function Funnel({ funnel, abandoned, format }: FunnelProps) {
  const first = funnel.steps[0]?.sessions ?? 0;
  return (
    <section class="panel funnel" aria-labelledby="funnel-title">
      <header class="panel-head">
        <h2 id="funnel-title">Funnel</h2>
        <span class="faint">sessions today</span>
      </header>
      <ol class="steps">
        {funnel.steps.map(({ step, sessions }, index) => {
          const reached = funnel.steps[index - 1]?.sessions ?? null;
          return (
            <Step
              key={step}
              name={NAMES[step]}
              sessions={sessions}
              share={first === 0 ? null : sessions / first}
              lost={reached === null || reached === 0 ? null : 1 - sessions / reached}
              isLargest={funnel.largest_drop === step}
              format={format}
            />
          );
        })}
      </ol>
      <p class="soft abandoned">
        {abandoned.carts === 0 ? (
          "No cart was left behind today."
        ) : (
          <>
            <strong>{format.count(abandoned.carts)}</strong> carts left behind, worth{" "}
            <strong>{format.moneyWhole(abandoned.value)}</strong>
            {abandoned.rate !== null && <span class="faint">, {format.share(abandoned.rate)} of all</span>}
          </>
        )}
      </p>
    </section>
  );
});

interface StepProps {
  readonly name: string;
  readonly sessions: number;
  /** Of the sessions in the first step. */
  readonly share: number | null;
  /** Of those who reached the step before. */
  readonly lost: number | null;
  readonly isLargest: boolean;
  readonly format: Format;
}

function Step({ name, sessions, share, lost, isLargest, format }: StepProps) {
  return (
    <li class={isLargest ? "step largest" : "step"}>
      <span class="step-name">{name}</span>
      <span class="step-count figure">{format.count(sessions)}</span>
      <span class="step-track" aria-hidden="true">
        <span class="step-bar" style={{ inlineSize: `${(share ?? 0) * 100}%` }} />
      </span>
      <span class="step-lost">
        {lost !== null && (
          <>
            <Icon name="fall" />
            {format.share(lost)} lost
          </>
        )}
        {isLargest && <em class="mark-largest">largest drop</em>}
      </span>
    </li>
  );
}
