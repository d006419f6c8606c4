import type { Segment } from "../../src/domain/events/deltas.ts";
import type { FoldState } from "../../src/domain/events/fold.ts";
import type { SessionColumns } from "../../src/domain/events/sessions.ts";

/** Sessions of one piece, 25 bytes each. */
const SESSIONS_PER_PIECE = 32_768;
/** Minutes and currencies with money of one piece, up to 150 bytes each. */
const MONEY_PER_PIECE = 4_096;

type Core = Omit<FoldState, "sessions" | "outgoing"> & {
  readonly outgoing: readonly { readonly slice: number; readonly to: number; readonly segments: number }[];
  readonly sessionPieces: number;
};

const sessionPiece = (index: number): string => `sessions:${index}`;
/** From the second on; the first is part of the core. */
const moneyPiece = (index: number): string => `money:${index}`;
const segmentPiece = (slice: number, index: number): string => `segment:${slice}:${index}`;

/** Cuts the state into pieces that storage takes. */
export function piecesOf({ sessions, outgoing, money, ...rest }: FoldState): Map<string, unknown> {
  const pieces = new Map<string, unknown>();
  const sessionPieces = Math.ceil(sessions.high.length / SESSIONS_PER_PIECE);
  for (let piece = 0; piece < sessionPieces; piece++) {
    pieces.set(sessionPiece(piece), cut(sessions, piece * SESSIONS_PER_PIECE, (piece + 1) * SESSIONS_PER_PIECE));
  }
  for (let piece = 1; piece * MONEY_PER_PIECE < money.length; piece++) {
    pieces.set(moneyPiece(piece), money.slice(piece * MONEY_PER_PIECE, (piece + 1) * MONEY_PER_PIECE));
  }
  for (const { slice, segments } of outgoing) {
    segments.forEach((segment, index) => pieces.set(segmentPiece(slice, index), segment));
  }
  const heads = outgoing.map(({ slice, to, segments }) => ({ slice, to, segments: segments.length }));
  const core: Core = { ...rest, money: money.slice(0, MONEY_PER_PIECE), outgoing: heads, sessionPieces };
  pieces.set("core", core);
  return pieces;
}

export function stateOf(pieces: ReadonlyMap<string, unknown>): FoldState {
  // SAFETY: pieces are only written by `piecesOf`, and a checkpoint that lacks one is not handed out.
  const { outgoing, sessionPieces, ...rest } = pieces.get("core") as Core;
  const sessions = Array.from({ length: sessionPieces }, (_, i) => pieces.get(sessionPiece(i)) as SessionColumns);
  const money = [...rest.money];
  for (let piece = 1; pieces.has(moneyPiece(piece)); piece++) {
    money.push(...(pieces.get(moneyPiece(piece)) as FoldState["money"]));
  }
  return {
    ...rest,
    money,
    sessions: join(sessions),
    outgoing: outgoing.map(({ slice, to, segments }) => ({
      slice,
      to,
      segments: Array.from({ length: segments }, (_, i) => pieces.get(segmentPiece(slice, i)) as Segment),
    })),
  };
}

const cut = ({ high, low, first, last, steps }: SessionColumns, from: number, to: number): SessionColumns => ({
  high: high.slice(from, to),
  low: low.slice(from, to),
  first: first.slice(from, to),
  last: last.slice(from, to),
  steps: steps.slice(from, to),
});

function join(parts: readonly SessionColumns[]): SessionColumns {
  const length = parts.reduce((sum, { high }) => sum + high.length, 0);
  const whole = {
    high: new Uint32Array(length),
    low: new Uint32Array(length),
    first: new Float64Array(length),
    last: new Float64Array(length),
    steps: new Uint8Array(length),
  };
  let at = 0;
  for (const { high, low, first, last, steps } of parts) {
    whole.high.set(high, at);
    whole.low.set(low, at);
    whole.first.set(first, at);
    whole.last.set(last, at);
    whole.steps.set(steps, at);
    at += high.length;
  }
  return whole;
}
