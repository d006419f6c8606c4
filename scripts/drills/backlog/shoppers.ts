import { randomUUID } from "node:crypto";
import { Agent } from "node:http";
import { createHistogram, performance, type RecordableHistogram } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import { type Call, send } from "../../../bench/load.ts";
import { addLine, JSON_BODY, skusOf } from "../../../bench/runtime/carts.ts";
import type { Shop } from "../../../bench/runtime/shop.ts";

/** Shoppers who place the backlog, each waiting for its answer. */
const CROWD = 16;
/** Arrivals of a stream do not wait; beyond so many shoppers inside, the shop has stopped answering. */
const STREAM_MAX = 500;
/**
 * A shopper who got no answer, or one that says "not now", asks again: for another cart before the checkout, under the same key from then on.
 * A kept connection may be closed by the shop just when it is used.
 */
const TRIES = 5;
const TRY_AGAIN_MS = 500;

const idSchema = z.object({ id: z.string() });
const BODY = JSON.stringify({ payment: { payment_method: "pm_card_visa" } });

/** People who buy one unit of one product, over the API as a browser would. */
export class Shoppers {
  /** Ids of the orders that the shop accepted. */
  readonly accepted: string[] = [];
  /** Steps that had to be asked for again. */
  repeats = 0;
  readonly #shop: Shop;
  readonly #agent = new Agent({ keepAlive: true });
  #visits = 0;

  constructor(shop: Shop) {
    this.#shop = shop;
  }

  /** So many orders, as fast as a crowd gets them accepted. Answers the latencies of their checkouts in µs. */
  async rush(orders: number, onOrder: (placed: number) => void = () => {}): Promise<RecordableHistogram> {
    const latencies = createHistogram();
    let begun = 0;
    let placed = 0;
    const lane = async (): Promise<void> => {
      while (begun < orders) {
        begun += 1;
        await this.#buy(latencies);
        placed += 1;
        onOrder(placed);
      }
    };
    await Promise.all(Array.from({ length: Math.min(CROWD, orders) }, lane));
    return latencies;
  }

  /** Shoppers who arrive evenly, however the shop answers: an open loop hides no delay. `stop` waits for those inside. */
  stream(perSecond: number): { readonly latencies: RecordableHistogram; stop(): Promise<void> } {
    const latencies = createHistogram();
    const inside = new Set<Promise<void>>();
    const failures: unknown[] = [];
    const arrive = (): void => {
      if (inside.size >= STREAM_MAX) {
        failures.push(new Error(`${STREAM_MAX} shoppers wait for an answer`));
        return;
      }
      const visit = this.#buy(latencies)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => inside.delete(visit));
      inside.add(visit);
    };
    const arrivals = setInterval(arrive, 1_000 / perSecond);
    const stop = async (): Promise<void> => {
      clearInterval(arrivals);
      await Promise.all(inside);
      if (failures.length > 0) throw failures[0];
    };
    return { latencies, stop };
  }

  leave(): void {
    this.#agent.destroy();
  }

  async #buy(latencies: RecordableHistogram): Promise<void> {
    const [sku = ""] = skusOf(this.#shop, this.#visits++);
    const cart = await this.#insist(() => this.#fillCart(sku));
    const headers = { ...JSON_BODY, "idempotency-key": randomUUID() };
    const sent = performance.now();
    const checkout: Call = { method: "POST", path: `/v1/carts/${cart}/checkout`, headers, body: BODY };
    const order = await this.#insist(() => this.#expect(201, checkout));
    latencies.record(Math.max(1, Math.round((performance.now() - sent) * 1_000)));
    this.accepted.push(order);
  }

  async #fillCart(sku: string): Promise<string> {
    const cart = await this.#expect(201, { method: "POST", path: "/v1/carts", headers: JSON_BODY, body: "{}" });
    return this.#expect(200, addLine(cart, sku));
  }

  async #insist(step: () => Promise<string>): Promise<string> {
    for (let tries = 1; ; tries++) {
      try {
        return await step();
      } catch (error) {
        if (tries === TRIES) throw error;
        this.repeats += 1;
        await setTimeout(TRY_AGAIN_MS * tries);
      }
    }
  }

  /** The id of what was answered. */
  async #expect(status: number, call: Call): Promise<string> {
    const answer = await send(this.#shop.origin, call, this.#agent);
    if (answer.status === status) return idSchema.parse(JSON.parse(answer.text)).id;
    throw new Error(`${call.method} ${call.path} answered ${answer.status}: ${answer.text.slice(0, 300)}`);
  }
}
