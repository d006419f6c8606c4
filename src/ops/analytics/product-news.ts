import type { ProductFacts } from "../../domain/events/product.ts";
import { parseSlices, sliceIndex, sliceName } from "../../domain/events/routing.ts";
import { log } from "../../platform/log.ts";
import { callObject } from "../../platform/object-call.ts";

/**
 * A product is no longer sold, or again: its slice ends its alerts, or looks at it anew. Should this be lost, the catalog says so to the slice, which has what has an
 * alert in force looked up every hour, and whatever something happens to.
 */
export async function tellSlice(
  { PRODUCT_METRICS, PRODUCT_SLICES }: Pick<OpsEnv, "PRODUCT_METRICS" | "PRODUCT_SLICES">,
  { sku, name, category, brand, image, status }: Omit<ProductFacts, "lookUp">,
): Promise<void> {
  const facts: ProductFacts = { sku, name, category, brand, image, status, lookUp: "found" };
  const slice = sliceName(sliceIndex(sku, parseSlices(PRODUCT_SLICES)));
  try {
    await callObject(() => PRODUCT_METRICS.getByName(slice).enrich([facts]));
  } catch (error) {
    log("info", "slice_not_told", { sku, slice, error: String(error) });
  }
}
