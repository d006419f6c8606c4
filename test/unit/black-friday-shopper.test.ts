import { describe, expect, it } from "vitest";
import type { Visit } from "../../scripts/black-friday/plan.ts";
import { type Action, type Answer, type Ask, Shopper } from "../../scripts/black-friday/shopper.ts";

/**
 * Goal: a shopper does what a person with a browser does, above all asks for the same thing under the same key when nobody answered, and is timed from
 * when the checkout was wanted. The threats are a retry under a new key, which would hide a double charge, and a wait that begins when it is over.
 */
const AROUND = { skuOf: (product: number) => `SKU-${product}`, flashSku: "FLASH", run: "bf" };
const VISIT: Visit = {
  id: 9,
  intent: "buy",
  beginsAt: 0,
  decidesAt: 1_000,
  looks: [
    { at: 10, product: 1 },
    { at: 20, product: 2 },
  ],
  wanted: [1],
  card: "good",
  triesAgain: true,
  mishap: "none",
  follows: false,
};

const answer = (status: number, body: unknown = {}): Answer => ({ status, text: JSON.stringify(body) });
const order = (status: string, version = 1) =>
  answer(status === "awaiting_payment" && version === 1 ? 201 : 200, {
    id: "ord_1",
    status,
    version,
    payment: { intent: "pi_1" },
  });

function askIn(actions: readonly Action[]): Ask {
  const [last] = actions.flatMap((action) => (action.kind === "ask" ? [action.ask] : [])).slice(-1);
  if (!last) throw new Error(`nothing is asked: ${JSON.stringify(actions)}`);
  return last;
}

/** Up to the checkout, which is due at 1,000 and asked for at `now`. */
function untilCheckout(visit: Visit, now = 1_000): { shopper: Shopper; ask: Ask } {
  const shopper = new Shopper(visit, AROUND);
  expect(askIn(shopper.wake(10)).path).toBe("/v1/products/SKU-1");
  expect(shopper.hear(answer(200), 12)).toEqual([{ kind: "wait", until: 20 }]);
  expect(askIn(shopper.wake(20)).path).toBe("/v1/products/SKU-2");
  expect(askIn(shopper.hear(answer(200), 25)).path).toBe("/v1/carts");
  const add = askIn(shopper.hear(answer(201, { id: "cart_1" }), 30));
  expect([add.path, add.body]).toEqual(["/v1/carts/cart_1/lines", JSON.stringify({ sku: "SKU-2", quantity: 1 })]);
  expect(shopper.hear(answer(200), 35)).toEqual([{ kind: "wait", until: 1_000 }]);
  return { shopper, ask: askIn(shopper.wake(now)) };
}

const keyOf = ({ headers }: Ask): string | undefined => headers?.["idempotency-key"];

describe("a shopper", () => {
  it("looks, fills a cart, hesitates, and buys when it was planned", () => {
    const { shopper, ask } = untilCheckout(VISIT);
    expect(ask).toMatchObject({ deed: "checkout", path: "/v1/carts/cart_1/checkout", dueAt: 1_000 });
    expect(shopper.hear(order("awaiting_payment"), 1_040)).toEqual([
      { kind: "accepted", order: "ord_1", card: "good", flash: false },
      { kind: "leave", how: "bought" },
    ]);
  });

  it("the wait begins when the checkout was due, however late it could be asked for (coordinated omission)", () => {
    expect(untilCheckout(VISIT, 4_000).ask.dueAt).toBe(1_000);
  });

  it("asks again under the same key when nobody answered, and is still timed from the beginning", () => {
    const { shopper, ask } = untilCheckout(VISIT);
    const [retry, wait] = shopper.hear(undefined, 16_000);
    expect([retry?.kind, wait?.kind]).toEqual(["retry", "wait"]);
    const again = askIn(shopper.wake(16_300));
    expect(keyOf(again)).toBe(keyOf(ask));
    expect(again).toMatchObject({ dueAt: 1_000, isAgain: true, body: ask.body });
  });

  it("waits as long as it is told to, and gives up in the end", () => {
    const { shopper } = untilCheckout(VISIT);
    const told = shopper.hear({ ...answer(429), retryAfterMs: 7_000 }, 2_000);
    expect(told).toEqual([{ kind: "retry" }, { kind: "wait", until: 9_000 }]);
    let last: readonly Action[] = told;
    for (let tries = 2; tries <= 5; tries++) {
      shopper.wake(20_000);
      last = shopper.hear(answer(503), 20_000);
    }
    expect(last).toEqual([{ kind: "leave", how: "gave_up" }]);
  });

  it("a checkout of its own that is still under way is waited for under its key", () => {
    const { shopper, ask } = untilCheckout(VISIT);
    expect(shopper.hear(answer(409, { code: "idempotency_in_flight" }), 1_100)[0]).toEqual({ kind: "retry" });
    expect(keyOf(askIn(shopper.wake(1_500)))).toBe(keyOf(ask));
  });

  it("leaves when it is sold out, and says when the shop answers what it should not", () => {
    expect(untilCheckout(VISIT).shopper.hear(answer(409, { code: "out_of_stock" }), 1_050)).toEqual([
      { kind: "leave", how: "sold_out" },
    ]);
    expect(untilCheckout(VISIT).shopper.hear(answer(400, { code: "empty_cart" }), 1_050)).toEqual([
      { kind: "leave", how: "refused" },
    ]);
  });

  it("a declined card is followed by another one, under a key of its own", () => {
    const { shopper, ask } = untilCheckout({ ...VISIT, card: "declined" });
    const follow = askIn(shopper.hear(order("awaiting_payment"), 1_040));
    expect(follow).toMatchObject({ path: "/v1/orders/ord_1", headers: { prefer: "wait=10", "if-none-match": '"1"' } });
    expect(shopper.hear(order("payment_failed", 2), 1_300)).toEqual([{ kind: "wait", until: 2_800 }]);
    const second = askIn(shopper.wake(2_800));
    expect(second).toMatchObject({ deed: "checkout", dueAt: 2_800, isAgain: false });
    expect(second.body).toContain('pm_card_visa"');
    expect(keyOf(second)).not.toBe(keyOf(ask));
  });

  it("whoever is asked by the bank goes there, and then sees how it ended", () => {
    const { shopper } = untilCheckout({ ...VISIT, card: "authenticated" });
    askIn(shopper.hear(order("awaiting_payment"), 1_040));
    expect(shopper.hear(order("requires_action", 2), 1_200)).toEqual([{ kind: "wait", until: 2_700 }]);
    const bank = askIn(shopper.wake(2_700));
    expect([bank.to, bank.path]).toEqual(["bank", "/_control/payment_intents/pi_1/authenticate"]);
    expect(askIn(shopper.hear(answer(200), 2_750)).headers?.["if-none-match"]).toBe('"2"');
    expect(shopper.hear(order("paid", 3), 2_900)).toEqual([{ kind: "leave", how: "bought" }]);
  });

  it("a broken connection and a double click happen to the first checkout only: nobody is unlucky for ever", () => {
    const { shopper, ask } = untilCheckout({ ...VISIT, mishap: "lost_answer" });
    expect(ask.loses).toBe(true);
    shopper.hear(undefined, 1_100);
    expect(askIn(shopper.wake(1_500)).loses).toBe(false);
    expect(untilCheckout({ ...VISIT, mishap: "double_click" }).ask.twice).toBe(true);
  });

  it("who only looks leaves when planned, and a page that does not load is not waited for", () => {
    const shopper = new Shopper({ ...VISIT, intent: "browse", wanted: [] }, AROUND);
    shopper.wake(10);
    expect(shopper.hear(undefined, 15)).toEqual([{ kind: "wait", until: 20 }]);
    shopper.wake(20);
    expect(shopper.hear(answer(200), 25)).toEqual([{ kind: "wait", until: 1_000 }]);
    expect(shopper.wake(1_000)).toEqual([{ kind: "leave", how: "looked" }]);
  });
});
