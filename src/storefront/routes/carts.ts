import { Hono } from "hono";
import type { ChangeReply } from "../../../durable-objects/cart/commands.ts";
import type { Replayable } from "../../../durable-objects/inbox.ts";
import type { CartChange } from "../../domain/cart.ts";
import { isCartId } from "../../domain/ids.ts";
import { currencyProblem } from "../../domain/psp-money.ts";
import { etagOf } from "../../platform/entity-tags.ts";
import { keyedCartId, newCartId } from "../cart-id.ts";
import { quoteOf } from "../catalog/catalog.ts";
import type { C, StorefrontContext } from "../context.ts";
import { jsonBody } from "../middleware/json-body.ts";
import {
  BODY_PROBLEMS,
  documented,
  GUARDED,
  GUARDED_PROBLEMS,
  IDEMPOTENCY_KEY,
  IF_MATCH,
  IF_NONE_MATCH,
  NOT_MODIFIED,
} from "../openapi.ts";
import { commandKey, expectedVersion, isNotModified } from "../preconditions.ts";
import { problem, type ProblemCode } from "../problem.ts";
import { refusalProblem } from "../refusals.ts";
import { renderCart } from "../render.ts";
import { addLineSchema, cartSchema, createCartSchema, customerSchema, setQuantitySchema } from "../schemas.ts";
import { catalogOf } from "./products.ts";

const CHANGE_PROBLEMS: readonly ProblemCode[] = [
  ...GUARDED_PROBLEMS,
  "unknown_cart",
  "cart_moved",
  "cart_ordered",
  "cart_in_checkout",
];
const CART = { 200: { description: "The cart after the change", schema: cartSchema }, ...GUARDED };
const CHANGE_HEADERS = { ...IF_MATCH, ...IDEMPOTENCY_KEY };

export const carts = new Hono<StorefrontContext>()
  .post(
    "/",
    documented({
      summary: "Create a cart",
      tag: "Carts",
      answers: {
        201: { description: "An empty cart; its id is the capability to use it", schema: cartSchema },
        ...GUARDED,
      },
      problems: [...BODY_PROBLEMS, ...GUARDED_PROBLEMS, "not_chargeable"],
      headers: IDEMPOTENCY_KEY,
    }),
    jsonBody(createCartSchema),
    async (c) => {
      const body = c.req.valid("json");
      const command = await commandKey(c, body);
      if (!command.ok) return command.response;
      const client = c.req.header("cf-connecting-ip") ?? "unknown";
      const key = command.value?.key;
      const dry = c.env.DRY_RUN === true;
      const id =
        (dry ? c.req.header("x-breakwater-copy") : undefined) ??
        (key === undefined ? newCartId(Date.now()) : await keyedCartId(c.env.CART_KEY_SECRET, client, key));
      const currency = body.currency ?? c.env.CURRENCY;
      const detail = currencyProblem(currency);
      if (detail !== undefined) {
        const whose = body.currency === undefined ? " It is this shop's CURRENCY." : "";
        return problem(c, "not_chargeable", `${detail}.${whose}`, { errors: [{ pointer: "/currency", detail }] });
      }
      c.set("hasBegun", true);
      const input = {
        id,
        currency,
        visitorId: body.visitor_id,
        command: command.value,
        fence: c.get("fence"),
        dry,
      };
      const reply = await c.env.CART.getByName(id).create(input);
      return cartResponse(c, reply, 201, { location: `/v1/carts/${id}` });
    },
  )
  .get(
    "/:id",
    documented({
      summary: "Get a cart",
      tag: "Carts",
      answers: { 200: { description: "The cart, with its version as its ETag", schema: cartSchema }, ...NOT_MODIFIED },
      problems: ["unknown_cart", "cart_moved"],
      headers: IF_NONE_MATCH,
    }),
    async (c) => {
      const id = c.req.param("id");
      const cart = isCartId(id) ? await c.env.CART.getByName(id).read() : null;
      if (!cart) return problem(c, "unknown_cart", "There is no cart with this id.");
      if (cart.handOver) return refusalProblem(c, { ok: false, reason: "cart_moved", to: cart.handOver.to });
      const headers = { etag: etagOf(cart.version), "cache-control": "private, no-cache" };
      return isNotModified(c, cart.version)
        ? c.body(null, 304, headers)
        : c.json(renderCart(cart, c.env), 200, headers);
    },
  )
  .post(
    "/:id/lines",
    documented({
      summary: "Add a line",
      description:
        "The same SKU adds up on one line. The price is the catalog's; a price in the request means nothing.",
      tag: "Carts",
      answers: CART,
      problems: [
        ...CHANGE_PROBLEMS,
        ...BODY_PROBLEMS,
        "unknown_sku",
        "product_archived",
        "currency_mismatch",
        "line_limit",
        "quantity_limit",
      ],
      headers: CHANGE_HEADERS,
    }),
    jsonBody(addLineSchema),
    async (c) => {
      const body = c.req.valid("json");
      const item = await catalogOf(c).item(body.sku);
      const errors = [{ pointer: "/sku", detail: `${body.sku} is not in the catalog` }];
      if (!item) return problem(c, "unknown_sku", `There is no product ${body.sku}.`, { errors });
      if (item.status === "archived") {
        return problem(c, "product_archived", `${body.sku} is no longer sold.`, {
          errors: [{ pointer: "/sku", detail: "archived" }],
        });
      }
      return change(c, { type: "add_line", quote: quoteOf(item), quantity: body.quantity }, body);
    },
  )
  .patch(
    "/:id/lines/:sku",
    documented({
      summary: "Set a line's quantity",
      tag: "Carts",
      answers: CART,
      problems: [...CHANGE_PROBLEMS, ...BODY_PROBLEMS, "unknown_line"],
      headers: CHANGE_HEADERS,
    }),
    jsonBody(setQuantitySchema),
    (c) => {
      const body = c.req.valid("json");
      return change(c, { type: "set_quantity", sku: c.req.param("sku"), quantity: body.quantity }, body);
    },
  )
  .delete(
    "/:id/lines/:sku",
    documented({
      summary: "Remove a line",
      tag: "Carts",
      answers: CART,
      problems: [...CHANGE_PROBLEMS, "unknown_line"],
      headers: CHANGE_HEADERS,
    }),
    (c) => change(c, { type: "remove_line", sku: c.req.param("sku") }, null),
  )
  .put(
    "/:id/customer",
    documented({
      summary: "Set the customer",
      tag: "Carts",
      answers: CART,
      problems: [...CHANGE_PROBLEMS, ...BODY_PROBLEMS],
      headers: CHANGE_HEADERS,
    }),
    jsonBody(customerSchema),
    (c) => {
      const customer = c.req.valid("json");
      return change(c, { type: "set_customer", customer }, customer);
    },
  );

/** One change of one cart, under the caller's preconditions. `body` is what the request asked, for its fingerprint. */
async function change(c: C, cartChange: CartChange, body: unknown): Promise<Response> {
  const id = c.req.param("id") ?? "";
  if (!isCartId(id)) return problem(c, "unknown_cart", "There is no cart with this id.");
  const command = await commandKey(c, body);
  if (!command.ok) return command.response;
  const expected = expectedVersion(c);
  if (!expected.ok) return expected.response;
  const input = {
    change: cartChange,
    command: command.value,
    expectedVersion: expected.value,
    fence: c.get("fence"),
    dry: c.env.DRY_RUN === true,
  };
  c.set("hasBegun", true);
  return cartResponse(c, await c.env.CART.getByName(id).change(input), 200);
}

function cartResponse(
  c: C,
  reply: Replayable<ChangeReply>,
  status: 200 | 201,
  headers: Readonly<Record<string, string>> = {},
): Response {
  if (!reply.ok) return refusalProblem(c, reply);
  if (reply.replayed) c.header("idempotency-replayed", "true");
  return c.json(renderCart(reply.value, c.env), status, { ...headers, etag: etagOf(reply.value.version) });
}
