import type { Board } from "../../src/domain/live.ts";
import type { Format } from "../figures/format.ts";
import type { LiveView } from "../live/view.ts";
import { Icon } from "../ui/icon.tsx";

interface BannerProps {
  readonly view: LiveView;
  readonly format: Format;
  readonly onRetry: () => void;
}

/** Says it when what is on the screen is not the present, and since when. */
export function Banner({ view: { phase, heardAt, board }, format, onRetry }: BannerProps) {
  const silent = board ? silentParts(board) : [];
  return (
    <div role="status" class="banners">
      {phase === "stale" && (
        <p class="banner">
          <Icon name="warning" />
          <span>
            <strong>Not live since {format.timeWithSeconds(heardAt)}.</strong> These are the figures of then. Trying to
            reconnect.
          </span>
          <button type="button" onClick={onRetry}>
            Try now
          </button>
        </p>
      )}
      {phase !== "stale" && silent.length > 0 && (
        <p class="banner">
          <Icon name="warning" />
          <span>
            <strong>
              {silent.map(({ name }) => name).join(", ")} silent since{" "}
              {format.time(Math.min(...silent.map(({ since }) => since)))}.
            </strong>{" "}
            What is counted there is as old as that; everything else is live.
          </span>
        </p>
      )}
    </div>
  );
}

function silentParts({ shards, slices = [] }: Board): { name: string; since: number }[] {
  return [...shards, ...slices].flatMap(({ name, stale_since: since }) =>
    since === undefined ? [] : [{ name, since: Date.parse(since) }],
  );
}
