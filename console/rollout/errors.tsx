import type { SampleBody } from "../../src/domain/guard/view.ts";
import { type Format, span } from "../figures/format.ts";

const SHOWN = 4;
const OUTCOMES: Readonly<Record<SampleBody["outcome"], string>> = {
  definite_fail: "nothing was done",
  indefinite: "what was done is not known",
  mismatch: "the two answers differ",
};

interface ErrorsProps {
  readonly errors: readonly SampleBody[];
  readonly format: Format;
}

/** The last operations that the new path got wrong, newest first. */
export function Errors({ errors, format }: ErrorsProps) {
  const rest = errors.slice(SHOWN);
  return (
    <section class="flag-part" aria-labelledby="errors-title">
      <h4 id="errors-title">Errors {errors.length > 0 && <span class="count">{errors.length}</span>}</h4>
      {errors.length === 0 ? (
        <p class="soft">None that are remembered.</p>
      ) : (
        <Samples samples={errors.slice(0, SHOWN)} format={format} />
      )}
      {rest.length > 0 && (
        <details class="fold">
          <summary>{rest.length} more</summary>
          <Samples samples={rest} format={format} />
        </details>
      )}
    </section>
  );
}

export function Samples({ samples, format }: { readonly samples: readonly SampleBody[]; readonly format: Format }) {
  return (
    <ul class="samples">
      {samples.map(({ at, outcome, status, code, detail, request_id: request, latency_ms: latency }, index) => (
        <li key={`${request}${index}`}>
          <p>
            <strong>
              {status > 0 && `${status} `}
              {code}
            </strong>{" "}
            <span class="soft">{OUTCOMES[outcome]}</span>
          </p>
          {detail !== "" && <p class="log-error">{detail}</p>}
          <p class="faint">
            <time dateTime={at}>{format.timeWithSeconds(Date.parse(at))}</time>{" "}
            {latency > 0 && `after ${span(latency)} `}
            request <code>{request}</code>
          </p>
        </li>
      ))}
    </ul>
  );
}
