import type { RuleLease } from "../../src/domain/alerts/rule.ts";
import type { ProductListQuery } from "../../src/domain/board/list.ts";
import type { Segment } from "../../src/domain/events/deltas.ts";
import type { ProductFacts } from "../../src/domain/events/product.ts";
import type { StockLevelFact } from "../../src/domain/events/product-fold.ts";
import type { ProductFigures, ProductMinute } from "../../src/domain/events/summary.ts";

/** What a shard counted, in numbered segments. `origin` names the shard's storage, in which the numbers mean something. */
export interface DeltaPush {
  readonly name: string;
  readonly origin: string;
  readonly segments: readonly Segment[];
}

export type SliceCommand =
  | { readonly type: "take"; readonly push: DeltaPush }
  | { readonly type: "stock"; readonly levels: readonly StockLevelFact[] }
  | { readonly type: "enrich"; readonly products: readonly ProductFacts[] }
  | { readonly type: "rules"; readonly lease: RuleLease }
  /** Nothing happened but time passed: alerts may be due. */
  | { readonly type: "look" };

/** A page of the list of all products, of the day that begins then. */
export interface SliceListQuery extends ProductListQuery {
  readonly dayStartsAt: number;
  readonly currency: string;
}

export interface ProductDetail {
  readonly product: ProductFigures;
  /** The last 24 hours, ascending; minutes in which nothing happened are left out. */
  readonly minutes: readonly ProductMinute[];
  /** UTC ms. */
  readonly asOf: number;
}

export interface SliceAudit {
  readonly name: string;
  /** Net revenue of all products for ever, minor units per currency. */
  readonly revenue: Readonly<Record<string, number>>;
}
