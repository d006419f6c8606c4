/** One order on its way through the outlets. What it is told may come late, twice or never; it asks again until it is answered. */
export interface Buyer {
  readonly order: string;
  readonly units: number;
  /** The outlet that is asked, and how many were asked before it. */
  readonly outlet: number;
  readonly asked: number;
  readonly state: "asking" | "held" | "claiming" | "sold" | "gone" | "short" | "canceled";
}

/** From an outlet, about one request of one order. */
export interface Answer {
  readonly type: "answer";
  readonly to: "reserve" | "claim";
  readonly order: string;
  readonly outlet: number;
  readonly there: boolean;
}

export const buyer = (order: string, units: number, outlets: number): Buyer => ({
  order,
  units,
  outlet: outletOf(order, outlets),
  asked: 0,
  state: "asking",
});

/** FNV-1a: the same outlet for the same order whoever asks, and all outlets alike. https://datatracker.ietf.org/doc/draft-eastlake-fnv/ */
export function outletOf(order: string, outlets: number): number {
  let hash = 0x81_1c_9d_c5;
  for (const char of order) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01_00_01_93);
  return (hash >>> 0) % outlets;
}

/**
 * What an order is after an answer. It goes to the next outlet only once the one before has said no, so that it is never promised units
 * twice on purpose; and an answer to what it no longer asks changes nothing. After so many tries it is told that there is nothing, although another outlet may
 * still have a few: asking all of them would make the losers of a sale its heaviest load.
 */
export function hear(
  buyer: Buyer,
  { to, outlet, there }: Answer,
  { outlets, tries }: { readonly outlets: number; readonly tries: number },
): Buyer {
  if (outlet !== buyer.outlet) return buyer;
  if (to === "claim") return buyer.state === "claiming" ? { ...buyer, state: there ? "sold" : "gone" } : buyer;
  if (buyer.state !== "asking") return buyer;
  if (there) return { ...buyer, state: "held" };
  const asked = buyer.asked + 1;
  if (asked === Math.min(tries, outlets)) return { ...buyer, asked, state: "short" };
  return { ...buyer, asked, outlet: (outlet + 1) % outlets };
}

/** Paid: what it was promised is to be sold to it. */
export const pay = (buyer: Buyer): Buyer => (buyer.state === "held" ? { ...buyer, state: "claiming" } : buyer);

export const cancel = (buyer: Buyer): Buyer => (buyer.state === "held" ? { ...buyer, state: "canceled" } : buyer);
