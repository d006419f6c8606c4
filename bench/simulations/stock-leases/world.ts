import { type Answer, type Buyer, buyer, cancel, hear, pay } from "./buyer.ts";
import {
  claim,
  emptyOutlet,
  expire,
  giveBack,
  held,
  isWanting,
  type Outlet,
  release,
  remaining,
  reserve,
  take,
} from "./outlet.ts";
import {
  emptyShelf,
  lend,
  type Lent,
  outstanding,
  type Policy,
  recalls,
  type Recall,
  receive,
  settle,
  type Shelf,
} from "./shelf.ts";

/** A message on its way. Any may be lost, overtaken or come twice, and who sent it may crash before it is out. */
export type Message =
  | { readonly type: "ask"; readonly outlet: number; readonly has: number }
  | Lent
  | Recall
  | { readonly type: "report"; readonly outlet: number; readonly returned: number; readonly sold: number }
  | Request
  | { readonly type: "release"; readonly outlet: number; readonly order: string }
  | Answer;

interface Request {
  readonly type: "reserve" | "claim";
  readonly outlet: number;
  readonly order: string;
  readonly units: number;
}

export interface Settings extends Policy {
  readonly outlets: number;
  /** Outlets that an order asks at most. */
  readonly tries: number;
  readonly holdMs: number;
}

/** How long an outlet lets an empty shelf alone. */
const EMPTY_MS = 1_000;

/** A SKU that is sold by several objects, the orders that want it, and everything that is on its way between them. */
export class World {
  shelf: Shelf;
  readonly outlets: Outlet[];
  readonly buyers = new Map<string, Buyer>();
  /** Not delivered yet, in the order in which they were sent. */
  wire: Message[] = [];
  now = 0;
  /** Calls to the shelf and to all outlets: what decides how much one SKU can sell. */
  readonly calls: { shelf: number; readonly byOutlet: number[] };
  readonly #settings: Settings;
  /** Requests that wait at an outlet for its next lease; only in memory. */
  readonly #waiting: Request[][];
  /** Whether somebody went away with nothing since the last alarm. */
  #isHungry = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.shelf = emptyShelf(settings.outlets);
    this.outlets = Array.from({ length: settings.outlets }, () => emptyOutlet);
    this.#waiting = this.outlets.map(() => []);
    this.calls = { shelf: 0, byOutlet: this.outlets.map(() => 0) };
  }

  receive(units: number): void {
    this.shelf = receive(this.shelf, units);
  }

  order(order: string, units: number): void {
    if (this.buyers.has(order)) return;
    this.#setBuyer(buyer(order, units, this.#settings.outlets));
  }

  pay(order: string): void {
    this.#changeBuyer(order, pay);
  }

  cancel(order: string): void {
    const before = this.buyers.get(order);
    this.#changeBuyer(order, cancel);
    const after = this.buyers.get(order);
    if (after && before?.state === "held" && after.state === "canceled")
      this.#send({ ...requestOf(after), type: "release" });
  }

  /** Delivers one message, and keeps it for another time if it is to come twice. */
  deliver(index: number, twice = false): void {
    const message = this.wire[index];
    if (!message) return;
    if (!twice) this.wire = this.wire.toSpliced(index, 1);
    this.#handle(message);
  }

  lose(index: number): void {
    this.wire = this.wire.toSpliced(index, 1);
  }

  /** The shelf, or an outlet: what it has stored it still has, and what it was about to send is gone. */
  crash(who: "shelf" | number): void {
    this.wire = this.wire.filter((message) => senderOf(message) !== who);
    if (who !== "shelf") this.#waiting[who] = [];
  }

  /** Time goes by, and nobody's alarm rings. */
  tick(ms: number): void {
    this.now += ms;
  }

  /** Time goes by, and everybody's alarm rings: what was not answered is asked again, and what is over ends. */
  pass(ms: number): void {
    this.tick(ms);
    this.outlets.forEach((outlet, index) => {
      this.outlets[index] = expire(outlet, this.now);
      this.#report(index);
    });
    for (const recall of recalls(this.shelf, this.now, this.#isHungry)) this.#send(recall);
    this.#isHungry = false;
    for (const each of this.buyers.values()) this.#askAgain(each);
  }

  /** Until nothing is on its way, with a network that works, in the order in which it was sent. */
  drain(): void {
    while (this.wire.length > 0) this.deliver(0);
  }

  #handle(message: Message): void {
    switch (message.type) {
      case "ask": {
        this.calls.shelf += 1;
        const [shelf, lent] = lend(this.shelf, message, this.#settings, this.now);
        this.shelf = shelf;
        this.#send(lent);
        return;
      }
      case "report":
        this.calls.shelf += 1;
        this.shelf = settle(this.shelf, message);
        return;
      case "lent":
        this.#changeOutlet(message.outlet, (outlet) => ({
          ...take(outlet, message),
          asksFrom: message.empty ? this.now + EMPTY_MS : outlet.asksFrom,
        }));
        for (const waiting of this.#waiting[message.outlet]?.splice(0) ?? []) this.#promise(waiting, false);
        return;
      case "recall":
        // Told of a lease and of its end at once.
        this.#changeOutlet(message.outlet, (outlet) => giveBack(take(outlet, { ...message, until: 0 })));
        this.#report(message.outlet);
        return;
      case "reserve":
      case "claim":
        // Only a wish may wait for the next lease; a claim is answered with what there is.
        this.#promise(message, message.type === "reserve");
        return;
      case "release":
        this.#changeOutlet(message.outlet, (outlet) => release(outlet, message.order));
        return;
      case "answer":
        this.#changeBuyer(message.order, (one) => hear(one, message, this.#settings));
        return;
    }
  }

  #promise(request: Request, mayWait: boolean): void {
    const { type, outlet: index, order, units } = request;
    this.#count(index);
    const wanted = { order, units, expiresAt: this.now + this.#settings.holdMs };
    const outlet = this.outlets[index] ?? emptyOutlet;
    const [next, there] = type === "reserve" ? reserve(outlet, wanted) : claim(outlet, wanted);
    this.outlets[index] = next;
    const isWorthAsking = isWanting(next, this.#settings.lease, this.now);
    if (isWorthAsking) this.#send({ type: "ask", outlet: index, has: next.lent });
    if (there || !mayWait || !isWorthAsking) this.#send({ type: "answer", to: type, order, outlet: index, there });
    else this.#waiting[index]?.push(request);
  }

  #changeOutlet(index: number, change: (outlet: Outlet) => Outlet): void {
    this.#count(index);
    this.outlets[index] = change(this.outlets[index] ?? emptyOutlet);
  }

  #count(index: number): void {
    this.calls.byOutlet[index] = (this.calls.byOutlet[index] ?? 0) + 1;
  }

  #report(index: number): void {
    const { returned, sold } = this.outlets[index] ?? emptyOutlet;
    const known = this.shelf.accounts[index];
    if (known?.returned !== returned || known.sold !== sold)
      this.#send({ type: "report", outlet: index, returned, sold });
  }

  #changeBuyer(order: string, change: (buyer: Buyer) => Buyer): void {
    const before = this.buyers.get(order);
    const after = before && change(before);
    if (after && after !== before) this.#setBuyer(after);
  }

  #setBuyer(one: Buyer): void {
    this.buyers.set(one.order, one);
    this.#isHungry ||= one.state === "short";
    this.#askAgain(one);
  }

  #askAgain(one: Buyer): void {
    if (one.state === "asking") this.#send({ ...requestOf(one), type: "reserve" });
    if (one.state === "claiming") this.#send({ ...requestOf(one), type: "claim" });
  }

  #send(message: Message): void {
    this.wire.push(message);
  }
}

const requestOf = ({ outlet, order, units }: Buyer) => ({ outlet, order, units });

function senderOf(message: Message): "shelf" | "buyer" | number {
  switch (message.type) {
    case "lent":
    case "recall":
      return "shelf";
    case "ask":
    case "report":
    case "answer":
      return message.outlet;
    case "reserve":
    case "claim":
    case "release":
      return "buyer";
  }
}

/** Where every unit is. The sum is what was received, whatever is on its way. */
export interface Whereabouts {
  readonly onShelf: number;
  /** Lent and not arrived, and given back and not arrived. */
  readonly inPost: number;
  readonly remaining: number;
  readonly reserved: number;
  readonly sold: number;
}

export function whereabouts({ shelf, outlets }: Pick<World, "shelf" | "outlets">): Whereabouts {
  const sum = (of: (outlet: Outlet, index: number) => number): number =>
    outlets.reduce((total, outlet, index) => total + of(outlet, index), 0);
  return {
    onShelf: shelf.onShelf,
    inPost: sum(({ lent, returned }, index) => {
      const account = shelf.accounts[index];
      return account ? account.lent - lent + (returned - account.returned) : 0;
    }),
    remaining: sum(remaining),
    reserved: sum(held),
    sold: sum(({ sold }) => sold),
  };
}

/** Why the books are wrong, or nothing. To be asked after every step. */
export function wrongsOf(world: World): string[] {
  const { shelf, outlets } = world;
  const where = whereabouts(world);
  const total = Object.values(where).reduce((sum, units) => sum + units, 0);
  const found = total === shelf.received ? [] : [`${total} of ${shelf.received} units: ${JSON.stringify(where)}`];
  for (const [name, units] of Object.entries(where)) if (units < 0) found.push(`${name} is ${units}`);
  outlets.forEach((outlet, index) => {
    const account = shelf.accounts[index];
    if (remaining(outlet) < 0) found.push(`outlet ${index} has promised ${-remaining(outlet)} units more than it has`);
    if (!account || outlet.lent > account.lent) found.push(`outlet ${index} has more than it was lent`);
    if (account && (account.returned > outlet.returned || account.sold > outlet.sold))
      found.push(`outlet ${index}: more is known than happened`);
    if (account && outstanding(account) < 0) found.push(`outlet ${index} gave back more than it had`);
  });
  const buyers = [...world.buyers.values()];
  for (const { order, units, state } of buyers) {
    const sales = outlets.flatMap(({ holds }) => holds.get(order) ?? []).filter((hold) => hold.state === "claimed");
    if (sales.length > 1) found.push(`${order} was sold to ${sales.length} times`);
    if (state === "sold" && sales[0]?.units !== units) found.push(`${order} was told of a sale that there is not`);
  }
  return found;
}
