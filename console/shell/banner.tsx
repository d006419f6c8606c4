import { noticesOf } from "../board/silence.ts";
import type { Format } from "../figures/format.ts";
import type { LiveView } from "../live/view.ts";
import { Icon } from "../ui/icon.tsx";

interface BannerProps {
  readonly view: LiveView;
  readonly format: Format;
  readonly onRetry: () => void;
}

/** Says it when what is on the screen is not the present, and since when, or not all of it. */
export function Banner({ view: { phase, heardAt, board }, format, onRetry }: BannerProps) {
  const notices = board && phase !== "stale" ? noticesOf(board, (ms) => format.time(ms)) : [];
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
      {notices.map(({ title, text }) => (
        <p key={title} class="banner">
          <Icon name="warning" />
          <span>
            <strong>{title}</strong> {text}
          </span>
        </p>
      ))}
    </div>
  );
}
