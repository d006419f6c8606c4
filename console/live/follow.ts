import { applyChange, diffBoards } from "../../src/domain/board/change.ts";
import type { Board, LiveFrame } from "../../src/domain/live.ts";

/** The board as far as it is known, and the place in the stream that it belongs to. */
export interface Followed {
  readonly board: Board | null;
  /** Empty before the first snapshot of the stream. */
  readonly epoch: string;
  readonly seq: number;
  /** A frame is missing: what comes next cannot be applied, and a snapshot is on its way. */
  readonly isAwaiting: boolean;
}

export interface Step {
  readonly next: Followed;
  /** Ask for a snapshot. Once per gap: what follows until it comes is passed over. */
  readonly ask: boolean;
  /** Receipt (UTC ms) of the newest event that this frame is the first to show. */
  readonly receivedAt: number | null;
}

export const NOTHING: Followed = { board: null, epoch: "", seq: 0, isAwaiting: true };

/** One frame further. Never shows a board that has missed something: a gap keeps what there was until the snapshot. */
export function follow(state: Followed, frame: LiveFrame): Step {
  switch (frame.type) {
    case "snapshot":
      return { next: withSnapshot(state, frame), ask: false, receivedAt: null };
    case "delta": {
      if (state.isAwaiting || state.board === null) return unmoved(state);
      const isSameLife = frame.epoch === state.epoch;
      // Sent before the snapshot that we already have.
      if (isSameLife && frame.seq <= state.seq) return unmoved(state);
      if (!isSameLife || frame.seq !== state.seq + 1) return { ...unmoved({ ...state, isAwaiting: true }), ask: true };
      const next = { ...state, board: applyChange(state.board, frame.change), seq: frame.seq };
      return { next, ask: false, receivedAt: frame.newest_received_at ?? null };
    }
    case "pong":
      return unmoved(state);
  }
}

/** After a break: the board stays on the screen, and only a snapshot moves it. */
export const broken = (state: Followed): Followed => ({ ...state, isAwaiting: true });

/** A board without a place in the stream, as the polled snapshot is. */
export const polled = (state: Followed, board: Board): Followed => ({
  ...NOTHING,
  board: keepingRows(state.board, board),
  isAwaiting: false,
});

function withSnapshot(state: Followed, { epoch, seq, board }: LiveFrame & { type: "snapshot" }): Followed {
  const isOlder = epoch === state.epoch && seq < state.seq && !state.isAwaiting;
  return isOlder ? state : { board: keepingRows(state.board, board), epoch, seq, isAwaiting: false };
}

/** Rows that did not change stay the same objects, so that a snapshot draws as little as a delta does. */
function keepingRows(before: Board | null, after: Board): Board {
  const change = before && diffBoards(before, after);
  return change ? applyChange(before, change) : after;
}

const unmoved = (next: Followed): Step => ({ next, ask: false, receivedAt: null });
