import type { GuardedFlagDetails, RungBody } from "../../src/domain/guard/view.ts";
import type { Format } from "../figures/format.ts";
import { nextRung } from "../figures/rollout.ts";
import { Icon } from "../ui/icon.tsx";

/** The rungs, which of them are passed, and why the next one is not reached yet. */
export function Ladder({ flag, format }: { readonly flag: GuardedFlagDetails; readonly format: Format }) {
  const { ladder, blocked_by: reasons, evidence } = flag;
  const next = nextRung(ladder);
  const isStopped = reasons.some(({ reason }) => reason === "stopped");
  return (
    <section class="flag-part" aria-labelledby="ladder-title">
      <h4 id="ladder-title">Ladder</h4>
      <ol class="ladder">
        {ladder.map((rung) => (
          <Rung key={rung.rung} rung={rung} />
        ))}
      </ol>
      {isStopped && <p>It is stopped, so it climbs no further.</p>}
      {next && !isStopped && reasons.length > 0 && (
        <>
          <p>
            <strong>{next.rung}</strong> is not reached yet because
          </p>
          <ul class="reasons">
            {reasons.map(({ reason, text }) => (
              <li key={reason}>{text}</li>
            ))}
          </ul>
        </>
      )}
      {next && reasons.length === 0 && <p>Nothing keeps it from {next.rung}: it climbs with the next look.</p>}
      {evidence && (
        <p class="soft">
          Seen at this rung: {format.count(evidence.operations)} operations, {format.count(evidence.errors)} of them
          errors
          {evidence.operations_needed !== null &&
            `; with so many, ${format.count(evidence.operations_needed)} are enough`}
        </p>
      )}
    </section>
  );
}

function Rung({ rung: { rung, passed, current } }: { readonly rung: RungBody }) {
  return (
    <li
      class={`rung${passed ? " passed" : ""}${current ? " current" : ""}`}
      aria-current={current ? "step" : undefined}
    >
      {passed && <Icon name="calm" />}
      {rung}
      {passed && <span class="unseen"> passed</span>}
      {current && <span class="unseen"> now</span>}
    </li>
  );
}
