import { Hono } from "hono";
import { beforeAll, describe, expect, it } from "vitest";
import type { StorefrontContext } from "../../src/storefront/context.ts";
import { routeOf } from "../../src/storefront/rollout/paths.ts";
import { carts } from "../../src/storefront/routes/carts.ts";
import { checkout } from "../../src/storefront/routes/checkout.ts";
import { orders } from "../../src/storefront/routes/orders.ts";
import { products } from "../../src/storefront/routes/products.ts";
import { reference } from "../../src/storefront/routes/reference.ts";
import { problemSchema } from "../../src/storefront/schemas.ts";

/**
 * Goal: a client that is generated from the document knows every answer that it gets. Threats: a status or a code that is answered and not described; one
 * that is described and never answered.
 */
interface Operation {
  readonly name: string;
  readonly isGuarded: boolean;
  readonly headers: readonly string[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: object }>>;
}
interface Described {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly responses: Operation["responses"];
}
interface Spec {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}

const CART = "cart_01890000-0000-7000-8000-000000000001";
const shop = new Hono<StorefrontContext>()
  .use(async (c, next) => {
    c.set("requestId", "req_1");
    await next();
  })
  .route("/v1/products", products)
  .route("/v1/carts", carts)
  .route("/v1/carts", checkout)
  .route("/v1/orders", orders);

let operations: Operation[];
beforeAll(async () => {
  // SAFETY: the library's own document; the tests fail where it is another.
  const { paths } = (await (await reference(shop).request("/openapi.json")).json()) as Spec;
  operations = Object.entries(paths).flatMap(([pattern, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], responses }]) => {
      const path = pattern.replace("{id}", CART).replace("{sku}", "A-1");
      return {
        name: `${method.toUpperCase()} ${pattern}`,
        isGuarded: routeOf(method.toUpperCase(), path, []).kind === "guarded",
        headers: parameters.flatMap((parameter) => (parameter.in === "header" ? [parameter.name] : [])),
        responses,
      };
    }),
  );
});

/** Operations whose document lacks this code under this status. */
const lacking = (of: (operation: Operation) => boolean, status: number, code: string): string[] =>
  operations
    .filter((operation) => of(operation) && !operation.responses[status]?.description.includes(`\`${code}\``))
    .map(({ name }) => name);
const withHeader = (header: string) => (operation: Operation) => operation.headers.includes(header);
const isChange = ({ name }: Operation) => !name.startsWith("GET ");

describe("the document", () => {
  it("describes every change of a cart or an order, and that it honours an Idempotency-Key", () => {
    expect(operations.filter(isChange)).toHaveLength(7);
    expect(operations.filter(isChange).filter((one) => !one.headers.includes("Idempotency-Key"))).toEqual([]);
  });

  it.each([
    ["Idempotency-Key", 400, "idempotency_key_invalid"],
    ["Idempotency-Key", 422, "idempotency_conflict"],
    ["Idempotency-Key", 429, "idempotency_full"],
    ["If-Match", 400, "invalid_header"],
    ["If-Match", 412, "stale_version"],
  ])("what a bad %s is answered with: %i %s", (header, status, code) => {
    expect(operations.some(withHeader(header))).toBe(true);
    expect(lacking(withHeader(header), status, code)).toEqual([]);
  });

  it("of guarded writes, that their end may not be known, and that the monolith may be away", () => {
    const guarded = operations.filter(({ isGuarded }) => isGuarded);
    expect(guarded).toHaveLength(6);
    for (const { name, responses } of guarded) expect(responses[202]?.content, name).toBeDefined();
    expect(lacking(({ isGuarded }) => isGuarded, 502, "legacy_unreachable")).toEqual([]);
    expect(lacking(({ isGuarded }) => isGuarded, 504, "legacy_timeout")).toEqual([]);
  });

  it("of carts and orders that are read, that they may not have changed", () => {
    for (const name of ["GET /v1/carts/{id}", "GET /v1/orders/{id}"]) {
      const operation = operations.find((one) => one.name === name);
      expect(operation?.headers, name).toContain("If-None-Match");
      expect(operation?.responses[304], name).toEqual({ description: expect.any(String) });
    }
  });

  it("and nothing that is never answered: a query that is not valid is 422, not the library's 400", () => {
    const list = operations.find(({ name }) => name === "GET /v1/products");
    expect(Object.keys(list?.responses ?? {})).toEqual(["200", "422", "429", "500", "503"]);
  });
});

it.each(["limit=101", "cursor=%00", "q=" + "x".repeat(101)])(
  "the problem of ?%s is as it is described",
  async (query) => {
    const answer = await shop.request(`/v1/products?${query}`);
    expect(answer.status).toBe(422);
    const problem = problemSchema.parse(await answer.json());
    expect(problem).toMatchObject({ request_id: "req_1", errors: [{ parameter: query.split("=", 1)[0] }] });
  },
);

it.each([true, false])("says Preference-Applied only of an order that could be waited for: %s", async (wasPending) => {
  const follow = async () => ({ order: { version: 3 }, wasPending });
  const headers = { prefer: "wait=5", "if-none-match": '"3"' };
  const env = { ORDER: { getByName: () => ({ follow }) } };
  const answer = await shop.request("/v1/orders/ord_01890000-0000-7000-8000-000000000001", { headers }, env);
  expect([answer.status, answer.headers.get("preference-applied")]).toEqual([304, wasPending ? "wait=5" : null]);
});
