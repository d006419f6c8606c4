import * as z from "zod";
import { unreachable } from "../../src/domain/result.ts";
import type { Card, Visit } from "./plan.ts";

/**
 * One shopper as a state machine: what is asked next, and what follows from the answer. No I/O, no clock, no chance; times in ms since the beginning
 * of the day.
 */
export type Deed = "look" | "open" | "add" | "checkout" | "follow" | "authenticate";

/** Whom the request is for: the shop, or the bank that wants to see that it is the shopper. */
export interface Ask {
  readonly deed: Deed;
  readonly to: "shop" | "bank";
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly sku?: string;
  /** When the shopper wanted it. The wait for it begins here, whatever it was that kept the shopper from asking. */
  readonly dueAt: number;
  /** Under the same key as before, because nobody answered. */
  readonly isAgain?: boolean;
  readonly twice?: boolean;
  /** The connection breaks once the request is on its way. */
  readonly loses?: boolean;
}

/** How a visit ended. `gave_up`: nobody answered. `refused`: the shop answered what it should not have. */
export type Ending =
  | "looked"
  | "abandoned"
  | "bought"
  | "declined"
  | "sold_out"
  | "left_waiting"
  | "gave_up"
  | "refused";

export type Action =
  | { readonly kind: "ask"; readonly ask: Ask }
  | { readonly kind: "wait"; readonly until: number }
  | { readonly kind: "accepted"; readonly order: string; readonly card: Card; readonly flash: boolean }
  | { readonly kind: "retry" }
  | { readonly kind: "leave"; readonly how: Ending };

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs?: number;
}

export interface Surroundings {
  readonly skuOf: (product: number) => string;
  readonly flashSku: string;
  /** Begins every key and every id of this run. */
  readonly run: string;
}

interface Step {
  readonly deed: Deed | "leave";
  readonly at: number;
  readonly sku?: string;
}

const TRIES_MAX = 5;
const TRY_AGAIN_MS = 300;
/** Until a declined shopper has another card at hand, or has found the phone. */
const THINKS_MS = 1_500;
/** As a page asks for the order's next state. */
const WAIT_S = 10;
const FOLLOWS_MAX_MS = 120_000;
const RETURN_URL = "https://shop.example/thanks";
const METHODS: Readonly<Record<Card, string>> = {
  good: "pm_card_visa",
  declined: "pm_card_visa_chargeDeclined",
  authenticated: "pm_card_authenticationRequired",
  not_authenticated: "pm_card_authenticationRequired",
};
/** The shopper's own earlier request is still under way, or the cart has moved: the same again, shortly. */
const PASSING = new Set(["idempotency_in_flight", "cart_in_checkout", "cart_changed"]);
const JSON_BODY = { "content-type": "application/json" };

const problemSchema = z.object({ code: z.string() });
const idSchema = z.object({ id: z.string() });
const orderSchema = z.object({
  id: z.string(),
  status: z.string(),
  version: z.int(),
  payment: z.object({ intent: z.string().optional() }),
});

export class Shopper {
  readonly visit: Visit;
  readonly #around: Surroundings;
  readonly #steps: Step[];
  #at = 0;
  #tries = 0;
  #cart = "";
  #card: Card;
  #attempts = 0;
  #order: z.infer<typeof orderSchema> | undefined;
  #orderedAt = 0;

  constructor(visit: Visit, around: Surroundings) {
    this.visit = visit;
    this.#around = around;
    this.#card = visit.card;
    this.#steps = stepsOf(visit, around);
  }

  /** When it is time for something. */
  wake(now: number): Action[] {
    const step = this.#steps[this.#at];
    if (!step || step.deed === "leave") {
      return step && step.at > now ? [{ kind: "wait", until: step.at }] : [this.#leave()];
    }
    if (step.at > now) return [{ kind: "wait", until: step.at }];
    return [{ kind: "ask", ask: this.#ask(step.deed, step) }];
  }

  /** What was answered; nothing when nobody did. */
  hear(answer: Answer | undefined, now: number): Action[] {
    const step = this.#steps[this.#at];
    if (!step || step.deed === "leave") throw new Error("this shopper asked for nothing");
    // A page that does not load is not looked at; nobody waits for it.
    if (step.deed !== "look" && (answer === undefined || isPassing(answer))) return this.#again(answer, now);
    this.#tries = 0;
    this.#at += 1;
    return this.#heard(step.deed, answer ?? { status: 0, text: "" }, now);
  }

  #heard(deed: Deed, answer: Answer, now: number): Action[] {
    switch (deed) {
      case "look":
        return this.wake(now);
      case "open":
        if (answer.status !== 201) return [{ kind: "leave", how: "refused" }];
        this.#cart = idSchema.parse(JSON.parse(answer.text)).id;
        return this.wake(now);
      case "add":
        return answer.status === 200 ? this.wake(now) : [{ kind: "leave", how: "refused" }];
      case "checkout":
        return this.#checkedOut(answer, now);
      case "follow":
        return this.#followed(answer, now);
      case "authenticate":
        // 400: an answer that was lost had done it.
        return this.#next("follow", now, now);
      default:
        return unreachable(deed);
    }
  }

  #checkedOut({ status, text }: Answer, now: number): Action[] {
    if (status === 409 && codeOf(text) === "out_of_stock") return [{ kind: "leave", how: "sold_out" }];
    if (status !== 201) return [{ kind: "leave", how: "refused" }];
    const order = orderSchema.parse(JSON.parse(text));
    [this.#order, this.#orderedAt] = [order, now];
    const flash = this.#steps.some(({ sku }) => sku === this.#around.flashSku);
    const accepted: Action = { kind: "accepted", order: order.id, card: this.#card, flash };
    // Whoever has to do something sees the page that says so.
    if (this.#card === "good" && !this.visit.follows) return [accepted, { kind: "leave", how: "bought" }];
    return [accepted, ...this.#next("follow", now, now)];
  }

  #followed({ status, text }: Answer, now: number): Action[] {
    const order = status === 200 ? orderSchema.parse(JSON.parse(text)) : this.#order;
    this.#order = order;
    switch (order?.status) {
      case "paid":
        return [{ kind: "leave", how: "bought" }];
      case "payment_failed":
        if (this.#attempts > 1 || !this.visit.triesAgain) return [{ kind: "leave", how: "declined" }];
        this.#card = "good";
        return this.#next("checkout", now + THINKS_MS, now);
      case "requires_action":
        return this.#next("authenticate", now + THINKS_MS, now);
      // Awaiting the payment still, or whatever an order may become without its shopper.
      case undefined:
      default:
        if (now - this.#orderedAt > FOLLOWS_MAX_MS) return [{ kind: "leave", how: "left_waiting" }];
        return this.#next("follow", now, now);
    }
  }

  #next(deed: Deed, at: number, now: number): Action[] {
    this.#steps.splice(this.#at, 0, { deed, at });
    return this.wake(now);
  }

  #again(answer: Answer | undefined, now: number): Action[] {
    this.#tries += 1;
    if (this.#tries >= TRIES_MAX) return [{ kind: "leave", how: "gave_up" }];
    const pauseMs = Math.max(answer?.retryAfterMs ?? 0, TRY_AGAIN_MS * 2 ** (this.#tries - 1));
    return [{ kind: "retry" }, { kind: "wait", until: now + pauseMs }];
  }

  #leave(): Action {
    return { kind: "leave", how: this.visit.intent === "browse" ? "looked" : "abandoned" };
  }

  #ask(deed: Deed, { at, sku = "" }: Step): Ask {
    const isAgain = this.#tries > 0;
    switch (deed) {
      case "look":
        return { deed, to: "shop", method: "GET", path: `/v1/products/${encodeURIComponent(sku)}`, sku, dueAt: at };
      case "open": {
        const body = JSON.stringify({ visitor_id: visitorOf(this.visit, this.#around) });
        return { ...this.#post(deed, "/v1/carts", deed), body, dueAt: at };
      }
      case "add": {
        const body = JSON.stringify({ sku, quantity: 1 });
        return {
          ...this.#post(deed, `/v1/carts/${this.#cart}/lines`, `${deed}-${this.#at}`),
          body,
          sku,
          dueAt: at,
          isAgain,
        };
      }
      case "checkout": {
        // The same key however often it is asked; another card is another attempt.
        if (!isAgain) this.#attempts += 1;
        const body = JSON.stringify({ payment: { payment_method: METHODS[this.#card], return_url: RETURN_URL } });
        const { mishap } = this.visit;
        const isFirst = !isAgain && this.#attempts === 1;
        return {
          ...this.#post(deed, `/v1/carts/${this.#cart}/checkout`, `${deed}-${this.#attempts}`),
          body,
          dueAt: at,
          isAgain,
          twice: isFirst && mishap === "double_click",
          loses: isFirst && mishap === "lost_answer",
        };
      }
      case "follow": {
        const headers = { prefer: `wait=${WAIT_S}`, "if-none-match": `"${this.#order?.version ?? 0}"` };
        return { deed, to: "shop", method: "GET", path: `/v1/orders/${this.#order?.id}`, headers, dueAt: at };
      }
      case "authenticate": {
        const path = `/_control/payment_intents/${this.#order?.payment.intent}/authenticate`;
        const body = JSON.stringify({ outcome: this.#card === "authenticated" ? "success" : "fail" });
        return { deed, to: "bank", method: "POST", path, headers: JSON_BODY, body, dueAt: at };
      }
      default:
        return unreachable(deed);
    }
  }

  #post(deed: Deed, path: string, key: string) {
    const headers = { ...JSON_BODY, "idempotency-key": `${visitorOf(this.visit, this.#around)}-${key}` };
    return { deed, to: "shop", method: "POST", path, headers } as const;
  }
}

export const visitorOf = ({ id }: Visit, { run }: Surroundings): string => `${run}-${id}`;

/** The visit as it is planned. What a payment asks for comes on top. */
function stepsOf({ looks, wanted, intent, decidesAt }: Visit, { skuOf }: Surroundings): Step[] {
  const steps: Step[] = [];
  for (const [index, { at, product }] of looks.entries()) {
    const sku = skuOf(product);
    steps.push({ deed: "look", at, sku });
    if (!wanted.includes(index)) continue;
    if (index === wanted[0]) steps.push({ deed: "open", at });
    steps.push({ deed: "add", at, sku });
  }
  return [...steps, { deed: intent === "buy" ? "checkout" : "leave", at: decidesAt }];
}

const isPassing = ({ status, text }: Answer): boolean =>
  status === 429 || status >= 500 || (status === 409 && PASSING.has(codeOf(text) ?? ""));

/** The code of a problem; `undefined` when the text is none. */
export function codeOf(text: string): string | undefined {
  try {
    return problemSchema.safeParse(JSON.parse(text)).data?.code;
  } catch {
    return undefined;
  }
}
