import { span } from "../figures/format.ts";
import type { OperatorProps } from "./drawer.tsx";

const NONE = "\u2013";

/** The way from the board to this screen. */
export function LinkState({ view: { link, board }, format }: OperatorProps) {
  const { eventToScreen } = link;
  const toFrame = board?.freshness.event_to_frame_ms;
  const rows: readonly (readonly [string, string])[] = [
    ["Carried by", link.via === "socket" ? "WebSocket" : "polling every 2 s, because no WebSocket gets through"],
    ["Frame", link.epoch === "" ? NONE : `${format.count(link.seq)} of board ${link.epoch.slice(0, 8)}`],
    ["Frames seen", `${format.count(link.frames)}, connection lost ${format.count(link.breaks)} times`],
    ["Round trip", link.roundTripMs === null ? NONE : `${Math.round(link.roundTripMs)} ms`],
    ["Shop's clock", link.aheadMs === null ? NONE : ahead(link.aheadMs)],
    ["Receipt to frame", toFrame ? `p50 ${span(toFrame.p50)}, p99 ${span(toFrame.p99)}` : NONE],
    [
      "Receipt to screen",
      eventToScreen
        ? `p50 ${span(eventToScreen.p50)}, p99 ${span(eventToScreen.p99)} of ${format.count(eventToScreen.count)} frames`
        : NONE,
    ],
    ["Board is behind", board ? span(board.freshness.behind_ms) : NONE],
  ];
  return (
    <dl class="pairs">
      {rows.map(([name, text]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

const ahead = (ms: number): string =>
  Math.abs(ms) < 1
    ? "as this machine's"
    : `${Math.abs(Math.round(ms))} ms ${ms > 0 ? "ahead of" : "behind"} this machine's`;
