import * as z from "zod";
import { LIMITS } from "../domain/limits.ts";
import { ORDER_STATES } from "../domain/order-record.ts";

/** The wire: what requests are validated with and what the OpenAPI document is generated from. */
export const skuSchema = z
  .string()
  .max(LIMITS.skuChars)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "a SKU is letters, digits, dots, dashes and underscores")
  .meta({ example: "TIDE-SERUM-30" });
const quantity = z.int().min(1).max(LIMITS.quantityPerLine).meta({ description: "Units, 1 to 999", example: 2 });
const text = (max: number) => z.string().trim().min(1).max(max);
/** Goes into the provider's requests as it is. */
const providerId = z.string().regex(/^[\x21-\x7e]{1,255}$/, "1 to 255 printable ASCII characters, without spaces");

export const createCartSchema = z
  .object({
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, "an ISO 4217 code")
      .optional(),
    visitor_id: text(LIMITS.messageIdChars).optional().meta({
      description:
        "The `anonymousId` under which this shopper's events are tracked, so that figures of both belong together",
    }),
  })
  .meta({ id: "CreateCart" });
export const addLineSchema = z.object({ sku: skuSchema, quantity }).meta({ id: "AddLine" });
export const setQuantitySchema = z.object({ quantity }).meta({ id: "SetQuantity" });
export const customerSchema = z
  .object({
    email: z.email().max(LIMITS.emailChars),
    name: text(LIMITS.nameChars).optional(),
    phone: text(32).optional(),
    shipping_address: z
      .object({
        line1: text(LIMITS.nameChars),
        line2: text(LIMITS.nameChars).optional(),
        city: text(LIMITS.nameChars),
        postal_code: text(20),
        state: text(LIMITS.nameChars).optional(),
        country: z.string().regex(/^[A-Z]{2}$/, "an ISO 3166-1 alpha-2 code"),
      })
      .optional(),
  })
  .meta({ id: "Customer" });
export const checkoutSchema = z
  .object({
    payment: z
      .object({
        payment_method: providerId.optional().meta({ description: "A Stripe PaymentMethod; confirmed on the server" }),
        confirmation_token: providerId
          .optional()
          .meta({ description: "A Stripe ConfirmationToken; confirmed on the server" }),
        return_url: z
          .url({ protocol: /^https?$/ })
          .max(LIMITS.urlChars)
          .optional()
          .meta({ description: "Where the shopper comes back to after an authentication that redirects" }),
      })
      .refine((payment) => payment.payment_method === undefined || payment.confirmation_token === undefined, {
        error: "give payment_method or confirmation_token, not both",
        path: ["confirmation_token"],
      })
      .default({}),
  })
  .meta({ id: "Checkout", description: "Without a payment method the order carries a client_secret for Stripe.js." });

export const listProductsSchema = z.object({
  q: z.string().trim().max(LIMITS.searchChars).optional(),
  category: z.string().max(LIMITS.nameChars).optional(),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(LIMITS.pageMax).default(LIMITS.pageDefault),
});

export const moneySchema = z
  .object({ amount: z.int().meta({ description: "Minor units" }), currency: z.string() })
  .meta({ id: "Money", example: { amount: 1999, currency: "USD" } });
const time = z.iso.datetime();

export const productSchema = z
  .object({
    sku: z.string(),
    product_id: z.string(),
    name: z.string(),
    category: z.string(),
    brand: z.string(),
    description: z.string(),
    price: moneySchema,
    compare_at_price: moneySchema.optional(),
    image: z.string(),
    available: z.int().meta({ description: "Units that could be reserved at `available_as_of`" }),
    available_as_of: time.nullable(),
    status: z.enum(["active", "archived"]),
  })
  .meta({ id: "Product" });
export const productListSchema = z
  .object({ data: z.array(productSchema), next_cursor: z.string().nullable() })
  .meta({ id: "ProductList" });

const totalsSchema = z
  .object({ subtotal: moneySchema, discount: moneySchema, shipping: moneySchema, tax: moneySchema, total: moneySchema })
  .meta({ id: "Totals" });
const lineSchema = z
  .object({ sku: z.string(), name: z.string(), quantity: z.int(), unit_price: moneySchema, total: moneySchema })
  .meta({ id: "Line" });
export const cartSchema = z
  .object({
    id: z.string(),
    status: z.enum(["open", "checking_out", "ordered", "abandoned"]),
    currency: z.string(),
    customer: customerSchema.optional(),
    lines: z.array(lineSchema),
    totals: totalsSchema,
    order_id: z.string().optional(),
    version: z.int(),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: "Cart" });
export const orderSchema = z
  .object({
    id: z.string(),
    number: z.string(),
    status: z.enum(ORDER_STATES),
    cart_id: z.string(),
    lines: z.array(lineSchema),
    totals: totalsSchema,
    customer: customerSchema.optional(),
    payment: z.object({
      status: z.string().meta({ description: "`queued` while the payment waits for its turn at the provider" }),
      expected_in_seconds: z.int().optional().meta({ description: "While queued: an estimate of when it is made" }),
      intent: z.string().optional(),
      client_secret: z.string().optional(),
      next_action: z.record(z.string(), z.unknown()).optional(),
      error: z.object({ code: z.string(), decline_code: z.string().optional(), message: z.string() }).optional(),
      captured: moneySchema,
      refunded: moneySchema,
    }),
    version: z.int(),
    placed_at: time,
    updated_at: time,
  })
  .meta({ id: "Order" });
export const acceptedSchema = z
  .object({
    status: z.literal("accepted"),
    detail: z.string(),
    cart_id: z.string().optional(),
    order_id: z.string().optional().meta({ description: "Of a checkout" }),
    request_id: z.string(),
  })
  .meta({ id: "Accepted" });
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string().meta({ description: "Stable; switch on this" }),
    request_id: z.string(),
    errors: z
      .array(
        z.object({
          pointer: z.string().optional().meta({ description: "RFC 6901, into the body" }),
          parameter: z.string().optional().meta({ description: "Of the path or the query, or a header" }),
          detail: z.string(),
        }),
      )
      .optional()
      .meta({ description: "Each has `pointer` or `parameter`" }),
  })
  .meta({ id: "Problem" });
