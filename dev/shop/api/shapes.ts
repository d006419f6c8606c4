import type * as z from "zod";
import type * as schemas from "../../../src/storefront/schemas.ts";

/** The wire as the storefront declares it, so that a field that goes away there no longer compiles here. Types only: no schema is bundled. */
export type Money = z.infer<typeof schemas.moneySchema>;
export type Product = z.infer<typeof schemas.productSchema>;
export type ProductList = z.infer<typeof schemas.productListSchema>;
export type Cart = z.infer<typeof schemas.cartSchema>;
export type Line = Cart["lines"][number];
export type Order = z.infer<typeof schemas.orderSchema>;

export interface Shortage {
  readonly sku: string;
  readonly requested: number;
  readonly available: number;
}

/** RFC 9457, with the members that some of our codes add. */
export interface Problem extends z.infer<typeof schemas.problemSchema> {
  readonly shortages?: readonly Shortage[];
  readonly skus?: readonly string[];
  readonly order_id?: string;
  readonly cart?: Cart;
}
