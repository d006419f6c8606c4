import type { Board } from "../../src/domain/live.ts";
import type { Quantiles } from "./latency.ts";
import type { Phase } from "./phase.ts";

/** Everything that the screen is drawn from. */
export interface LiveView {
  readonly phase: Phase;
  readonly board: Board | null;
  /** When the board was last heard of, UTC ms by our clock; what "stale since" means. */
  readonly heardAt: number;
  readonly link: Link;
}

/** How the figures get here. */
export interface Link {
  readonly via: "socket" | "polling";
  readonly epoch: string;
  readonly seq: number;
  readonly frames: number;
  /** Reconnects since the page was opened. */
  readonly breaks: number;
  readonly roundTripMs: number | null;
  /** How far the shop's clock is ahead of this machine's. */
  readonly aheadMs: number | null;
  /** Receipt of an event to the frame of this screen that shows it, over five minutes. */
  readonly eventToScreen: Quantiles | null;
}

export const FIRST_VIEW: LiveView = {
  phase: "connecting",
  board: null,
  heardAt: 0,
  link: {
    via: "socket",
    epoch: "",
    seq: 0,
    frames: 0,
    breaks: 0,
    roundTripMs: null,
    aheadMs: null,
    eventToScreen: null,
  },
};
