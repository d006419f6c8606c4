import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import { TELL_EVERY_MS } from "../../src/domain/cost/settings.ts";
import { sendAll } from "../load.ts";
import { freePort } from "../runtime/bench.ts";
import { checkoutOf, fillCarts } from "../runtime/carts.ts";
import { OutsideQueues } from "../runtime/queues/outside.ts";
import { type Shop, startShop } from "../runtime/shop.ts";

import type { Study } from "./list.ts";

const WARM_UP = 30;
const ORDERS = 300;
/** Isolates tell what they counted with the first work after their time. */
const TOLD_MS = TELL_EVERY_MS + 2_000;
/** What the shop counts itself may differ by so much from what is counted outside of it. */
const TOLERANCE = 0.05;

const countsSchema = z.record(z.string(), z.int());
const lineSchema = z.object({ what: z.string(), used: z.number(), dollars: z.number() });
const billSchema = z.object({ dollars: z.number(), lines: z.array(lineSchema) });
const costsSchema = z.object({
  orders: z.int(),
  per_order: billSchema,
  areas: z.array(z.object({ area: z.string(), ...billSchema.shape })),
});

/**
 * Everything that an order costs, from an empty cart of two lines to a paid order in the read model, as the shop's own cost book says it; and
 * whether that is true: a tail Worker counts the calls of objects from outside, and the queues are outside anyway. On a shop of its own.
 */
export const ordersPrice: Study = {
  name: "orders-price",
  title: "one order at Cloudflare's list prices, as the shop counts it itself",
  run: async ({ bench, progress }) => {
    const queues = await OutsideQueues.open({ concurrency: 1 });
    try {
      const [directory, meterPort] = [join(bench.directory, "orders-priced"), await freePort()];
      mkdirSync(directory);
      progress("Starting a second shop, whose invocations and messages are counted ...");
      const shop = await startShop({ ...bench, directory }, { queues, meterPort });
      await buy(shop, WARM_UP);
      const cpuBefore = shop.runtime.cpuMs();
      await buy(shop, ORDERS);
      const cpuMs = shop.runtime.cpuMs() - cpuBefore;
      progress("Waiting until the isolates have told what they counted ...");
      await setTimeout(TOLD_MS);
      // Work for every Worker, so that each of them tells; then what the first of them was told must be in the book.
      await buy(shop, 1);
      const { orders, per_order: bill, areas } = await shop.admin.get("/admin/v1/costs?hours=24", costsSchema);
      const outside = await countOutside(meterPort);
      const inside = sum(areas, "object_request");
      const ratio = inside / outside;
      const requests = (areas.find(({ area }) => area === "commerce")?.lines ?? []).find(
        ({ what }) => what === "worker_request",
      );
      const perRequest = cpuMs / (((requests?.used ?? 0) * ORDERS) / Math.max(1, orders));
      const data = { orders, bill, inside, outside, cpuMsPerOrder: cpuMs / ORDERS, cpuMsPerRequest: perRequest };
      return {
        data,
        lines: [
          `one order ${dollars(bill.dollars)}, of ${orders}`,
          ...bill.lines.map(
            ({ what, used, dollars: part }) =>
              `    ${what.padEnd(18)}${used.toFixed(2).padStart(12)}  ${dollars(part)}`,
          ),
          `counted inside ${Math.round(inside)}, outside ${outside} calls and alarms of objects (${(ratio * 100).toFixed(1)} %)`,
          `CPU of the whole runtime: ${(cpuMs / ORDERS).toFixed(1)} ms an order, ${perRequest.toFixed(2)} ms a request or batch`,
        ],
        warnings:
          Math.abs(ratio - 1) > TOLERANCE
            ? [`orders-price: the shop counts ${(ratio * 100).toFixed(1)} % of the calls of objects that there were.`]
            : [],
      };
    } finally {
      await queues.close();
    }
  },
};

let bought = 0;
async function buy(shop: Shop, orders: number): Promise<void> {
  const carts = await fillCarts(shop, orders);
  await sendAll(shop.origin, carts.map(checkoutOf), 201);
  bought += orders;
  await shop.settle(bought);
}

/** Calls and alarms of objects. A Worker has no name in what the local runtime tells, so requests from outside and those between Workers look the same. */
async function countOutside(meterPort: number): Promise<number> {
  const counted = countsSchema.parse(await (await fetch(`http://127.0.0.1:${meterPort}/`)).json());
  const isObject = (key: string): boolean => key.startsWith("durableObject ");
  return Object.entries(counted).reduce((total, [key, count]) => total + (isObject(key) ? count : 0), 0);
}

const sum = (areas: z.infer<typeof costsSchema>["areas"], what: string): number =>
  areas.reduce((total, { lines }) => total + (lines.find((line) => line.what === what)?.used ?? 0), 0);

const dollars = (value: number): string => `$${value.toFixed(7)}`;
