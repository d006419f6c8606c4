import { DurableObject } from "cloudflare:workers";
import type { SliceQuery, SliceSummary } from "../../src/domain/events/summary.ts";
import type { ProductDetail, ProductFacts, SliceAudit } from "./commands.ts";

/** A slice of the products: what all shards counted of each, minute by minute, and what it is worth showing. */
export class ProductMetrics extends DurableObject<ObjectsEnv> {
  summary(_query: SliceQuery): SliceSummary {
    throw new Error("not built yet");
  }

  detail(_sku: string): ProductDetail | null {
    throw new Error("not built yet");
  }

  enrich(_products: readonly ProductFacts[]): Promise<void> {
    throw new Error("not built yet");
  }

  audit(): SliceAudit {
    throw new Error("not built yet");
  }
}
