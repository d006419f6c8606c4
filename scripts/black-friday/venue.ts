import * as z from "zod";
import type { Bench } from "../../bench/runtime/bench.ts";
import { type ShopRuntime, startShop } from "../../bench/runtime/shop.ts";
import { AdminClient } from "../admin-client.ts";
import { LOCAL_WRITE_KEYS } from "../start/write-keys.ts";
import { SECRETS } from "../workers.ts";
import type { Settings } from "./settings.ts";

/** Where the day takes place. */
export interface Venue {
  readonly origin: string;
  /** The payment provider, which is a stand-in: it also plays the shoppers' banks. */
  readonly bank: string;
  readonly admin: AdminClient;
  readonly adminKey: string;
  /** Of the public kind: what shoppers' events say of orders is not money. */
  readonly writeKey: string;
  /** The most popular first. */
  readonly skus: readonly string[];
  /** Of a shop that was started for this day. */
  readonly runtime?: ShopRuntime;
}

export const FLASH_SKU = "FLASH-FRIDAY";
/** Starts at once what the throttle saved up in a pause; small, so that the provider sees the limit and not the burst. */
const BURST = 10;
/** The stand-in keeps what audits ask for; the events of an order are three. */
const STAND_IN_EVENTS_MAX = "2000000";
const PAGE = 100;

/** A shop of its own: the six Workers as they would be deployed, and the stand-in for Stripe. */
export async function openVenue(bench: Bench, { limit }: Pick<Settings, "limit">): Promise<Venue> {
  const standIn = { STRIPE_STANDIN_EVENTS_MAX: STAND_IN_EVENTS_MAX };
  const shop = await startShop(
    bench,
    limit === undefined
      ? { standIn }
      : {
          vars: { PSP_CALLS_PER_S: String(limit), PSP_BURST: String(BURST) },
          // Reads are not limited: the audit at the end is none of the shop's calls.
          standIn: { ...standIn, STRIPE_STANDIN_RATE_LIMIT: `${limit}/0` },
        },
  );
  const { origin, stripe: bank, admin, adminKey, skus, runtime } = shop;
  return { origin, bank, admin, adminKey, skus, runtime, writeKey: LOCAL_WRITE_KEYS.public };
}

const pageSchema = z.object({
  data: z.array(z.object({ sku: z.string(), available: z.int() })),
  next_cursor: z.string().nullable(),
});

/** A shop that runs already, as `npm start` runs it. What it has on its shelves is what can be bought. */
export async function joinVenue(url: string): Promise<Venue> {
  const adminKey = process.env["ADMIN_KEY"] || (SECRETS["ADMIN_KEY"]?.local ?? "");
  const bank = process.env["STRIPE_API_BASE"] || "http://127.0.0.1:12111";
  const skus: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const query: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const response = await fetch(`${url}/v1/products?limit=${PAGE}${query}`);
    const page: z.infer<typeof pageSchema> = pageSchema.parse(await response.json());
    skus.push(...page.data.filter(({ available }) => available > 0).map(({ sku }) => sku));
    cursor = page.next_cursor;
  }
  if (skus.length === 0) throw new Error(`the shop at ${url} has nothing in stock`);
  const writeKey = process.env["WRITE_KEY"] || LOCAL_WRITE_KEYS.public;
  return { origin: url, bank, admin: new AdminClient(url, adminKey), adminKey, writeKey, skus };
}

const levelSchema = z.object({ received: z.int(), on_hand: z.int(), sold: z.int(), reserved: z.int() });
export type Level = z.infer<typeof levelSchema>;

export const flashLevel = ({ admin }: Venue): Promise<Level> => admin.get(`/admin/v1/stock/${FLASH_SKU}`, levelSchema);

/** Puts the product of the flash sale on the shelf: fewer units than will be wanted. */
export async function stockFlashSale({ admin }: Venue, run: string, units: number): Promise<void> {
  await admin.put(`/admin/v1/products/${FLASH_SKU}`, {
    name: "The Friday Set",
    category: "sets",
    brand: "Breakwater",
    price: { amount: 2_400, currency: "USD" },
  });
  await admin.post(`/admin/v1/stock/${FLASH_SKU}/adjust`, { delta: units, reason: "flash sale" }, `flash:${run}`);
}
