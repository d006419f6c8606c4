import { LIMITS } from "./limits.ts";
import { ok, refuse, type Result } from "./result.ts";

/**
 * Units of one SKU. Invariant 1: `received = onHand + sold`, `0 <= reserved <= onHand`, no term negative.
 * `seq` grows with every change; level facts carry it, so that a late fact never overwrites a newer one.
 */
export interface StockLevel {
  readonly sku: string;
  readonly received: number;
  readonly onHand: number;
  readonly sold: number;
  readonly reserved: number;
  readonly seq: number;
}

/** Units held for an order until `expiresAt` (UTC ms). `claimed` ones have left the shelf; the row is kept as long so that a repeat is recognised. */
export interface Reservation {
  readonly orderId: string;
  readonly quantity: number;
  readonly state: "held" | "claimed";
  readonly expiresAt: number;
}

export interface StockChange {
  readonly level: StockLevel;
  /** The reservation to store, or `undefined` when the order holds nothing any more. */
  readonly reservation: Reservation | undefined;
}

export type StockRefusal =
  | { readonly reason: "sold_out"; readonly available: number }
  /** There are enough, but not so many that they may be taken out of turn. */
  | { readonly reason: "scarce"; readonly available: number }
  | { readonly reason: "below_reserved"; readonly minimumDelta: number }
  | { readonly reason: "stock_limit"; readonly limit: number };

export const availableUnits = (level: StockLevel): number => level.onHand - level.reserved;

export const emptyLevel = (sku: string): StockLevel => ({ sku, received: 0, onHand: 0, sold: 0, reserved: 0, seq: 0 });

/**
 * Takes units for an order; with `spare` only if so many are left for others. A repeat keeps the first quantity and only ever moves the expiry out.
 */
export function reserve(
  level: StockLevel,
  held: Reservation | undefined,
  request: { orderId: string; quantity: number; expiresAt: number; spare?: number | undefined },
): Result<StockChange, StockRefusal> {
  const { orderId, quantity, expiresAt, spare = 0 } = request;
  if (held?.state === "claimed") return ok({ level, reservation: held });
  if (held) return ok({ level, reservation: { ...held, expiresAt: Math.max(held.expiresAt, expiresAt) } });
  const available = availableUnits(level);
  if (available < quantity) return refuse({ reason: "sold_out", available });
  if (available < quantity + spare) return refuse({ reason: "scarce", available });
  return ok({
    level: moved(level, { reserved: level.reserved + quantity }),
    reservation: { orderId, quantity, state: "held", expiresAt },
  });
}

/** Gives held units back. Units that were never held, or were claimed, are left alone: only a hold can be released. */
export function release(level: StockLevel, held: Reservation | undefined): StockChange {
  if (held?.state !== "held") return { level, reservation: held };
  return { level: moved(level, { reserved: level.reserved - held.quantity }), reservation: undefined };
}

/**
 * Turns a hold into a sale. Without a hold (it expired before a late payment) the units are taken from what is free,
 * and `sold_out` tells the order to refund: never oversold.
 */
export function claim(
  level: StockLevel,
  held: Reservation | undefined,
  request: { orderId: string; quantity: number; keepUntil: number },
): Result<StockChange, StockRefusal> {
  if (held?.state === "claimed") return ok({ level, reservation: held });
  const quantity = held?.quantity ?? request.quantity;
  const freed = held ? level.reserved - quantity : level.reserved;
  if (level.onHand - freed < quantity) return refuse({ reason: "sold_out", available: level.onHand - freed });
  return ok({
    level: moved(level, { onHand: level.onHand - quantity, sold: level.sold + quantity, reserved: freed }),
    reservation: { orderId: request.orderId, quantity, state: "claimed", expiresAt: request.keepUntil },
  });
}

/** Undoes a claim or a hold of an order that will not be fulfilled: the units go back on the shelf. */
export function restock(level: StockLevel, held: Reservation | undefined): StockChange {
  if (held?.state !== "claimed") return release(level, held);
  const back = { onHand: level.onHand + held.quantity, sold: level.sold - held.quantity };
  return { level: moved(level, back), reservation: undefined };
}

/** Deliveries (`delta > 0`) and shrinkage (`delta < 0`), which can never take units that are held for orders. */
export function adjust(level: StockLevel, delta: number): Result<StockLevel, StockRefusal> {
  const onHand = level.onHand + delta;
  if (onHand < level.reserved) {
    return refuse({ reason: "below_reserved", minimumDelta: level.reserved - level.onHand });
  }
  if (onHand > LIMITS.stockUnits) return refuse({ reason: "stock_limit", limit: LIMITS.stockUnits });
  return ok(moved(level, { received: level.received + delta, onHand }));
}

function moved(level: StockLevel, change: Partial<StockLevel>): StockLevel {
  const next = { ...level, ...change, seq: level.seq + 1 };
  assertLevel(next);
  return next;
}

/** Invariant 1, asserted where it is written; the table's `CHECK`s assert it again. Throws on a bug, never on input. */
export function assertLevel(level: StockLevel): void {
  const { received, onHand, sold, reserved } = level;
  const holds = received === onHand + sold && reserved >= 0 && reserved <= onHand && sold >= 0 && onHand >= 0;
  if (!holds) throw new Error(`stock invariant broken for ${level.sku}: ${JSON.stringify(level)}`);
}
