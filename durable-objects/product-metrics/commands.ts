import type { ProductFigures, ProductMinute } from "../../src/domain/events/summary.ts";

export interface ProductDetail {
  readonly product: ProductFigures;
  /** The last 24 hours, ascending; minutes in which nothing happened are left out. */
  readonly minutes: readonly ProductMinute[];
  /** UTC ms. */
  readonly asOf: number;
}

/** What the catalog knows of a product. `enriched` is false for defaults given while the catalog could not be asked. */
export interface ProductFacts {
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly brand: string;
  readonly image: string;
  readonly enriched: boolean;
}

export interface SliceAudit {
  readonly name: string;
  /** Net revenue of all products for ever, minor units per currency. */
  readonly revenue: Readonly<Record<string, number>>;
}
