/**
 * The one object that knows how many units of a SKU there are. It sells none itself: it lends them to outlets, which promise them to orders.
 *
 * Whatever is told between the two is told as a sum since the beginning. Sums only grow, so the greater one is the newer one, and a message
 * that is lost, late or doubled can neither make a unit nor lose one.
 */
export interface Shelf {
  readonly received: number;
  readonly onShelf: number;
  /** By outlet. */
  readonly accounts: readonly Account[];
}

/** What an outlet was ever lent, and what it has ever told of it. In units. */
export interface Account {
  readonly lent: number;
  readonly returned: number;
  readonly sold: number;
  /** From then on the outlet has to give back what it has not promised. Simulated ms. */
  readonly until: number;
}

export interface Policy {
  /** Units per lease at most. */
  readonly lease: number;
  readonly leaseMs: number;
}

export interface Lent {
  readonly type: "lent";
  readonly outlet: number;
  readonly lent: number;
  readonly until: number;
  /** Nothing is left to lend: asking again at once is in vain. */
  readonly empty: boolean;
}

/** Give back what is not promised to anybody. Carries the sum lent, for an outlet that never heard of its lease. */
export interface Recall {
  readonly type: "recall";
  readonly outlet: number;
  readonly lent: number;
}

export const emptyShelf = (outlets: number): Shelf => ({
  received: 0,
  onShelf: 0,
  accounts: Array.from({ length: outlets }, () => ({ lent: 0, returned: 0, sold: 0, until: 0 })),
});

export const receive = (shelf: Shelf, units: number): Shelf => ({
  ...shelf,
  received: shelf.received + units,
  onShelf: shelf.onShelf + units,
});

/** Of an outlet, as the shelf knows it: lent, and neither sold nor given back. Some of it may be promised, or still be in the post. */
export const outstanding = ({ lent, returned, sold }: Account): number => lent - returned - sold;

/**
 * An outlet that was lent `has` so far asks for more. If it does not know of all that it was lent, the answer got lost and is given again; only
 * then would two askings be two leases.
 */
export function lend(
  shelf: Shelf,
  { outlet, has }: { readonly outlet: number; readonly has: number },
  policy: Policy,
  now: number,
): readonly [Shelf, Lent] {
  const account = accountOf(shelf, outlet);
  const units = has < account.lent ? 0 : Math.min(policy.lease, fairShare(shelf));
  const until = now + policy.leaseMs;
  const next = { ...account, lent: account.lent + units, until };
  return [
    { ...withAccount(shelf, outlet, next), onShelf: shelf.onShelf - units },
    { type: "lent", outlet, lent: next.lent, until, empty: shelf.onShelf === units },
  ];
}

/** Leases get smaller as the shelf empties, so that the last units do not lie where nobody asks for them. */
const fairShare = ({ onShelf, accounts }: Shelf): number => Math.ceil(onShelf / (4 * accounts.length));

/** What an outlet has given back and sold, as sums. A report that is older than what is known changes nothing. */
export function settle(
  shelf: Shelf,
  { outlet, returned, sold }: { readonly outlet: number; readonly returned: number; readonly sold: number },
): Shelf {
  const account = accountOf(shelf, outlet);
  const next = {
    ...account,
    returned: Math.max(account.returned, returned),
    sold: Math.max(account.sold, sold),
  };
  return { ...withAccount(shelf, outlet, next), onShelf: shelf.onShelf + next.returned - account.returned };
}

/**
 * Who is to be asked for what is stranded with it: everybody whose time is up, or everybody at all when an order went away with nothing. The
 * shelf never takes units back by its own clock; only the outlet knows what it has promised meanwhile, and it can always be called.
 */
export function recalls({ accounts }: Shelf, now: number, all: boolean): Recall[] {
  return accounts.flatMap((account, outlet): Recall[] =>
    outstanding(account) > 0 && (all || account.until <= now) ? [{ type: "recall", outlet, lent: account.lent }] : [],
  );
}

function accountOf({ accounts }: Shelf, outlet: number): Account {
  const account = accounts[outlet];
  if (!account) throw new Error(`there is no outlet ${outlet}`);
  return account;
}

const withAccount = (shelf: Shelf, outlet: number, account: Account): Shelf => ({
  ...shelf,
  accounts: shelf.accounts.with(outlet, account),
});
