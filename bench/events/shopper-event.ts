import { zipf } from "./random.ts";

/** An event as analytics.js or a server SDK of Segment sends it, fields in their order. */
export interface ShopperEvent {
  readonly type: string;
  readonly event?: string;
  readonly messageId: string;
  readonly anonymousId: string;
  readonly timestamp: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
}

export interface Identity {
  readonly messageId: string;
  readonly anonymousId: string;
  readonly timestamp: string;
}

/** What shoppers do, and how often: mostly they look. The names are those of Segment's e-commerce spec v2. */
const DEEDS = [
  { share: 0.68, type: "track", event: "Product Viewed" },
  { share: 0.14, type: "page" },
  { share: 0.09, type: "track", event: "Product Added" },
  { share: 0.03, type: "track", event: "Product List Viewed" },
  { share: 0.04, type: "track", event: "Checkout Started" },
  { share: 0.02, type: "track", event: "Order Completed" },
] as const;

const USER_AGENT =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";
const CATEGORIES = ["Skin care", "Hair care", "Body", "Sun", "Sets"];

/** What happened, before it is somebody's. */
export interface Deed {
  readonly type: string;
  readonly event?: string;
  readonly sku: string;
  readonly quantity: number;
}

export function deedsOf(skus: readonly string[], random: () => number): () => Deed {
  const rank = zipf(skus.length, random);
  return () => {
    const sku = skus[rank()] ?? "";
    let left = random();
    const deed = DEEDS.find(({ share }) => (left -= share) < 0) ?? DEEDS[0];
    return { type: deed.type, ...("event" in deed ? { event: deed.event } : {}), sku, quantity: 1 };
  };
}

export function shopperEvent(deed: Deed, { messageId, anonymousId, timestamp }: Identity): ShopperEvent {
  const { type, event, sku } = deed;
  const path = `/products/${sku.toLowerCase()}`;
  return {
    type,
    ...(event === undefined ? {} : { event }),
    messageId,
    anonymousId,
    timestamp,
    properties: event === undefined ? { path, title: sku, referrer: "" } : propertiesOf(deed),
    context: {
      page: { path, url: `https://shop.example${path}` },
      userAgent: USER_AGENT,
      locale: "en-US",
      library: { name: "analytics.js", version: "npm:next-1.81.0" },
    },
  };
}

function propertiesOf({ event, sku, quantity }: Deed): Readonly<Record<string, unknown>> {
  const price = 10 + (sku.length % 40);
  const category = CATEGORIES[sku.length % CATEGORIES.length];
  const product = { sku, category, price, quantity };
  if (event === "Product Viewed" || event === "Product Added") return { ...product, currency: "USD" };
  if (event === "Product List Viewed") return { list_id: "front", category, products: [product] };
  return { order_id: `web-${sku}`, value: price, revenue: price, currency: "USD", products: [product] };
}
