import { World } from "./stock-leases/world.ts";

/**
 * `npm run simulate`: a flash sale of one SKU through 1 to 64 objects, without a clock or a network. What it tells is counts, the same on every
 * machine; docs/scale.md turns them into rates with what was measured.
 */
const UNITS = 5_000;
const ORDERS = 6_000;
const OUTLETS = [1, 4, 16, 64];
const LEASES = [5, 50];
const TRIES = 3;
/** A thousand orders a second; alarms ring every second. */
const ORDER_EVERY_MS = 1;
const ALARM_EVERY = 1_000;
const HOLD_MS = 900_000;
const LEASE_MS = 60_000;

export interface Sale {
  readonly outlets: number;
  readonly lease: number;
  /** Calls per order, to the shelf and to the busiest outlet. */
  readonly shelfCalls: number;
  readonly busiestOutletCalls: number;
  /** Outlets that an order asked until it was answered: the mean, and the share that asked more than one. */
  readonly asked: number;
  readonly askedSeveral: number;
  readonly sold: number;
  /** Of the first orders, as many as there are units: those that were sent away although there were some elsewhere. */
  readonly refusedEarly: number;
  /** Units that were not sold although somebody went away with nothing. */
  readonly stranded: number;
}

export function sell(outlets: number, lease: number): Sale {
  const world = new World({ outlets, tries: TRIES, lease, leaseMs: LEASE_MS, holdMs: HOLD_MS });
  world.receive(UNITS);
  const ids = Array.from({ length: ORDERS }, (_, index) => `ord_${index}`);
  for (const [index, id] of ids.entries()) {
    if (index % ALARM_EVERY === 0) world.pass(0);
    world.tick(ORDER_EVERY_MS);
    world.order(id, 1);
    world.drain();
    world.pay(id);
    world.drain();
  }
  const buyers = ids.flatMap((id) => world.buyers.get(id) ?? []);
  const asked = buyers.map((one) => one.asked + (one.state === "short" ? 0 : 1));
  const sold = world.outlets.reduce((sum, outlet) => sum + outlet.sold, 0);
  const busiest = Math.max(...world.calls.byOutlet);
  return {
    outlets,
    lease,
    shelfCalls: world.calls.shelf / ORDERS,
    busiestOutletCalls: busiest / ORDERS,
    asked: asked.reduce((sum, count) => sum + count, 0) / ORDERS,
    askedSeveral: asked.filter((count) => count > 1).length / ORDERS,
    sold,
    refusedEarly: buyers.slice(0, UNITS).filter(({ state }) => state === "short").length,
    stranded: UNITS - sold,
  };
}

if (import.meta.main) {
  const sales = OUTLETS.flatMap((outlets) => LEASES.map((lease) => sell(outlets, lease)));
  console.log(`${ORDERS} orders of one unit each for ${UNITS} units`);
  console.table(sales);
}
