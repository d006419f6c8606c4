/** One of several objects that promise units of the same SKU. An order asks the one that its id names, and others only when that has none. */
export interface Outlet {
  /** Sums since the beginning, in units: what it was lent, gave back and sold. */
  readonly lent: number;
  readonly returned: number;
  readonly sold: number;
  /** Simulated ms; what is not promised then goes back. */
  readonly until: number;
  /** The shelf was empty; it is not asked again before then. Else the losers of a sale would all knock at the one door. */
  readonly asksFrom: number;
  readonly holds: ReadonlyMap<string, Hold>;
}

/**
 * Units promised to an order. A claim is answered once and for all, so what came of it is kept: the order of one that was refused has its money
 * back, and a repeat that finds units which have come in meanwhile must not sell them to it.
 */
export interface Hold {
  readonly units: number;
  readonly state: "held" | "claimed" | "refused";
  readonly expiresAt: number;
}

export const emptyOutlet: Outlet = { lent: 0, returned: 0, sold: 0, until: 0, asksFrom: 0, holds: new Map() };

export const held = ({ holds }: Outlet): number =>
  [...holds.values()].reduce((sum, { units, state }) => sum + (state === "held" ? units : 0), 0);

/** Lent, and neither promised nor sold nor given back. */
export const remaining = (outlet: Outlet): number => outlet.lent - outlet.returned - outlet.sold - held(outlet);

/** A lease, or what is known of it. An older message than what is known changes nothing. */
export const take = (outlet: Outlet, { lent, until }: { readonly lent: number; readonly until: number }): Outlet => ({
  ...outlet,
  lent: Math.max(outlet.lent, lent),
  until: Math.max(outlet.until, until),
});

interface Wanted {
  readonly order: string;
  readonly units: number;
  readonly expiresAt: number;
}

/** Whether it is time for another lease: before the last one is sold, so that buyers seldom wait for it. */
export const isWanting = (outlet: Outlet, lease: number, now: number): boolean =>
  remaining(outlet) * 2 < lease && outlet.asksFrom <= now;

/** Promises units to an order, or says that there are none here. Asked again, it answers the same. */
export function reserve(outlet: Outlet, { order, units, expiresAt }: Wanted): readonly [Outlet, boolean] {
  const known = outlet.holds.get(order);
  if (known) return [outlet, known.state !== "refused"];
  if (remaining(outlet) < units) return [outlet, false];
  return [withHold(outlet, order, { units, state: "held", expiresAt }), true];
}

/** Sells what was promised. A hold that has lapsed is had again if there are units left; else they are gone, and the money goes back. */
export function claim(outlet: Outlet, wanted: Wanted): readonly [Outlet, boolean] {
  if (outlet.holds.get(wanted.order)?.state === "claimed") return [outlet, true];
  const [reserved, there] = reserve(outlet, wanted);
  if (!there) return [withHold(outlet, wanted.order, { ...wanted, state: "refused" }), false];
  const sold = withHold(reserved, wanted.order, { ...wanted, state: "claimed" });
  return [{ ...sold, sold: sold.sold + wanted.units }, true];
}

/** Gives up a promise. What was sold, or never promised, is left alone. */
export function release(outlet: Outlet, order: string): Outlet {
  return outlet.holds.get(order)?.state === "held" ? withoutHolds(outlet, (id) => id === order) : outlet;
}

/** Gives back everything that is not promised to anybody. */
export const giveBack = (outlet: Outlet): Outlet => ({ ...outlet, returned: outlet.returned + remaining(outlet) });

/** The outlet's own alarm: promises whose time is up are over, and so is a lease. */
export function expire(outlet: Outlet, now: number): Outlet {
  const kept = withoutHolds(outlet, (_, { state, expiresAt }) => state === "held" && expiresAt <= now);
  return kept.until <= now ? giveBack(kept) : kept;
}

function withHold(outlet: Outlet, order: string, hold: Hold): Outlet {
  return { ...outlet, holds: new Map(outlet.holds).set(order, hold) };
}

function withoutHolds(outlet: Outlet, gone: (order: string, hold: Hold) => boolean): Outlet {
  const holds = new Map([...outlet.holds].filter(([order, hold]) => !gone(order, hold)));
  return { ...outlet, holds };
}
