import type { AlertWatch, SavedWatch } from "../../src/domain/alerts/alert-watch.ts";
import type { ProductState } from "../../src/domain/events/product.ts";
import type { ProductFold } from "../../src/domain/events/product-fold.ts";
import { type ProductMinuteColumns, ProductMinutes } from "../../src/domain/events/product-minutes.ts";
import { UNCHANGED } from "../packed-log.ts";

const PRODUCTS_PER_PIECE = 256;
/** Minutes have places that are written over when they are too old to be kept: a deleted row would be billed. */
const MINUTE_PLACES = 1_500;

interface Core {
  readonly watermarks: readonly (readonly [string, number])[];
  readonly revenue: Readonly<Record<string, number>>;
  readonly stockFacts: { readonly count: number; readonly lastAt: number };
  readonly productPieces: number;
}

const productPiece = (index: number): string => `products:${index}`;
const MINUTE_PREFIX = "minute:";
const WATCH_PREFIX = "watch:";
const WATCHED_PER_PIECE = 4_000;

/** Cuts the state into pieces, and writes only those that changed. Marks them as written. */
export function piecesOf(fold: ProductFold, watch: AlertWatch): Map<string, unknown> {
  const pieces = new Map<string, unknown>();
  const changed = new Set([...fold.changed].map((number) => Math.floor(number / PRODUCTS_PER_PIECE)));
  const productPieces = Math.ceil(fold.products.length / PRODUCTS_PER_PIECE);
  for (let piece = 0; piece < productPieces; piece++) {
    const products = (): readonly ProductState[] =>
      fold.products.slice(piece * PRODUCTS_PER_PIECE, (piece + 1) * PRODUCTS_PER_PIECE);
    pieces.set(productPiece(piece), changed.has(piece) ? products() : UNCHANGED);
  }
  for (const table of fold.minutes.values()) {
    pieces.set(`${MINUTE_PREFIX}${table.minute % MINUTE_PLACES}`, table.isStored ? UNCHANGED : table.columns());
    table.isStored = true;
  }
  fold.changed.clear();
  for (const [piece, value] of watchPieces(watch)) pieces.set(piece, value);
  const core: Core = {
    watermarks: [...fold.watermarks],
    revenue: { ...fold.revenue },
    stockFacts: { ...fold.stockFacts },
    productPieces,
  };
  return pieces.set("core", core);
}

/** What is known of alerts. Most commits do not change it; there is one piece unless thousands of products are in a bad way. */
function* watchPieces(watch: AlertWatch): Iterable<[string, unknown]> {
  const { lease, watched } = watch.save();
  const pieces = Math.max(1, Math.ceil(watched.length / WATCHED_PER_PIECE));
  for (let piece = 0; piece < pieces; piece++) {
    const part = (): SavedWatch => ({
      lease,
      watched: watched.slice(piece * WATCHED_PER_PIECE, (piece + 1) * WATCHED_PER_PIECE),
    });
    yield [`${WATCH_PREFIX}${piece}`, watch.isChanged ? part() : UNCHANGED];
  }
  watch.isChanged = false;
}

export function restore(fold: ProductFold, watch: AlertWatch, pieces: ReadonlyMap<string, unknown>): void {
  // SAFETY: pieces are only written by `piecesOf`, and a checkpoint that lacks one is not handed out.
  const core = pieces.get("core") as Core;
  for (const [origin, watermark] of core.watermarks) fold.watermarks.set(origin, watermark);
  Object.assign(fold.revenue, core.revenue);
  Object.assign(fold.stockFacts, core.stockFacts);
  for (let piece = 0; piece < core.productPieces; piece++) {
    fold.restoreProducts(pieces.get(productPiece(piece)) as readonly ProductState[]);
  }
  // SAFETY: as above. A checkpoint of before there were alerts has none of these.
  const parts = [...pieces].flatMap(([name, value]) => (name.startsWith(WATCH_PREFIX) ? [value as SavedWatch] : []));
  const [first] = parts;
  if (first) watch.restore({ lease: first.lease, watched: parts.flatMap(({ watched }) => watched) });
  for (const [name, value] of pieces) {
    if (!name.startsWith(MINUTE_PREFIX)) continue;
    const table = ProductMinutes.restore(value as ProductMinuteColumns);
    fold.minutes.set(table.minute, table);
  }
}
