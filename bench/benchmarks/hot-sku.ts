import { randomUUID } from "node:crypto";
import { type Call, sendAll } from "../load.ts";
import { allSkus, deliver, type Shop } from "../runtime/shop.ts";
import type { Benchmark } from "./list.ts";
import type { Side } from "../contest.ts";

/** What one Stock object can promise per second: the one limit of a flash sale that more machines do not move (docs/scale.md). */
export const hotSku: Benchmark = {
  name: "hot-sku",
  title: "Stock.reserve, everybody the same SKU, by a Worker that does nothing else",
  contest: ({ shop, probes }) => ({
    yardstick: bareWrites(probes.yardstick),
    subject: reservations(shop, probes.shop),
    others: [],
  }),
};

/** By a Worker as bare as the one that reserves: with a router and a cart's JSON in the answer it would be slower than what it is to be the limit of. */
const bareWrites = (probe: string): Side => ({
  label: "one object for all, one row written, by such a Worker",
  origin: probe,
  status: 200,
  prepare: async () => {},
  next: () => ({ method: "POST", path: "/write/hot" }),
});

function reservations(shop: Shop, probe: string): Side {
  const sku = allSkus().at(-1) ?? "";
  const held: string[] = [];
  const call = (verb: "reserve" | "release", orderId: string): Call => ({
    method: "POST",
    path: `/${verb}/${sku}/${orderId}`,
  });
  return {
    label: "the shop: one unit of one SKU, for an order each",
    origin: probe,
    status: 200,
    unit: { name: "reservations", perCall: 1 },
    prepare: () => deliver(shop.admin, sku),
    next: () => {
      const orderId = `ord_${randomUUID()}`;
      held.push(orderId);
      return call("reserve", orderId);
    },
    // No order stands behind these holds, which is what the books would complain about.
    settle: async () => {
      const given = held.splice(0).map((orderId) => call("release", orderId));
      await sendAll(probe, given, 200);
    },
  };
}
