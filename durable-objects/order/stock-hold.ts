import type { OrderLine, Shortage } from "../../src/domain/order-record.ts";
import { availableUnits } from "../../src/domain/stock.ts";
import { inLanes } from "../../src/platform/lanes.ts";
import { callObject } from "../../src/platform/object-call.ts";
import type { Stock } from "../stock/stock.ts";

/** From so many lines on, what there is plenty of is taken first, side by side. Fewer are had as soon one after the other, should some be scarce. */
const MANY_LINES = 4;
/** Calls that are under way at once. */
const LANES = 6;
/** Units that are left of what is taken out of turn, so that nobody's turn fails for it. */
const SPARE_UNITS = 50;

/** One order's hold on all of its SKUs. Every call may be repeated: a Stock object knows the order by its id. */
export class StockHold {
  readonly #stock: DurableObjectNamespace<Stock>;
  readonly #orderId: string;
  readonly #lines: readonly OrderLine[];

  constructor(stock: DurableObjectNamespace<Stock>, orderId: string, lines: readonly OrderLine[]) {
    this.#stock = stock;
    this.#orderId = orderId;
    // In one order for everybody: of two carts with the same two scarce SKUs one gets both, instead of each one.
    this.#lines = lines.toSorted((a, b) => (a.sku < b.sku ? -1 : 1));
  }

  /** Takes all lines or says which are short. When it ends, and be it by a failure, none of its calls is under way any more. */
  async reserve(expiresAt: number): Promise<Shortage[]> {
    if (this.#lines.length < MANY_LINES) return this.#takeInTurn(this.#lines, expiresAt);
    return this.#takeInTurn(await this.#takePlenty(expiresAt), expiresAt);
  }

  /** Takes what there is plenty of, and answers the other lines. Nothing of those has been taken. */
  async #takePlenty(expiresAt: number): Promise<OrderLine[]> {
    const taken = new Set<string>();
    await inLanes(this.#lines, LANES, async ({ sku, quantity }) => {
      const request = { sku, orderId: this.#orderId, quantity, expiresAt, spare: SPARE_UNITS };
      const reply = await callObject(() => this.#stock.getByName(sku).reserve(request));
      if (reply.ok) taken.add(sku);
    });
    return this.#lines.filter(({ sku }) => !taken.has(sku));
  }

  /** Takes one line after the other. After the first shortage the rest is only looked at, so nobody else is blocked by it. */
  async #takeInTurn(lines: readonly OrderLine[], expiresAt: number): Promise<Shortage[]> {
    const shortages: Shortage[] = [];
    for (const { sku, quantity } of lines) {
      if (shortages.length > 0) {
        const available = availableUnits(await callObject(() => this.#stock.getByName(sku).level(sku)));
        if (available < quantity) shortages.push({ sku, requested: quantity, available });
        continue;
      }
      const request = { sku, orderId: this.#orderId, quantity, expiresAt };
      const reply = await callObject(() => this.#stock.getByName(sku).reserve(request));
      if (!reply.ok) {
        const available = reply.reason === "sold_out" ? reply.available : 0;
        shortages.push({ sku, requested: quantity, available });
      }
    }
    return shortages;
  }

  /** Turns the hold into a sale; answers the SKU that is gone when a lapsed hold could not be had again. */
  async claim(): Promise<string | undefined> {
    for (const { sku, quantity } of this.#lines) {
      const request = { sku, orderId: this.#orderId, quantity };
      const reply = await callObject(() => this.#stock.getByName(sku).claim(request));
      if (!reply.ok) return sku;
    }
    return undefined;
  }

  async release(): Promise<void> {
    await this.#each((sku, request) => this.#stock.getByName(sku).release(request));
  }

  async restock(): Promise<void> {
    await this.#each((sku, request) => this.#stock.getByName(sku).restock(request));
  }

  async #each(call: (sku: string, request: { sku: string; orderId: string }) => Promise<void>): Promise<void> {
    const request = (sku: string) => ({ sku, orderId: this.#orderId });
    await Promise.all(this.#lines.map(({ sku }) => callObject(() => call(sku, request(sku)))));
  }
}
