import { type Check, check, sumBy } from "./check.ts";
import type { OrderObject, PspIntent, Snapshot } from "./snapshot.ts";

/** Invariant 2: every order holds exactly the money that it is owed in its state, by one charge, and the PSP says the same. */
export function checkMoney({ orders, intents }: Snapshot): Check[] {
  const objects = orders.flatMap(({ object }) => object ?? []);
  const byId = new Map(intents.map((intent) => [intent.id, intent]));
  return [
    check("2 captured - refunded = owed", objects, ({ order, ledger }) => {
      const { captured, refunded } = order.payment;
      const kept = captured.amount - refunded.amount;
      const total = order.totals.total.amount;
      // What a bank is still giving back is neither kept nor refunded; either way of counting it has to be right.
      const leaving = [...new Set(ledger.map(({ intent }) => intent))].reduce(
        (sum, id) => sum + (byId.get(id)?.refunding ?? 0),
        0,
      );
      const isRight = isOwed(order.status, kept, total) || isOwed(order.status, kept - leaving, total);
      return isRight ? undefined : `${order.id}: ${order.status}, keeps ${kept} of ${total}`;
    }),
    check("2 at most one charge kept", objects, (object) => {
      const kept = [...keptByIntent(object)].filter(([, amount]) => amount !== 0);
      return kept.length <= 1 ? undefined : `${object.order.id}: keeps ${kept.map(([id]) => id).join(" and ")}`;
    }),
    check("2 order = its ledger", objects, (object) => {
      const { captured, refunded } = object.order.payment;
      const [entered, returned] = [totalOf(object, "capture"), totalOf(object, "refund")];
      return captured.amount === entered && refunded.amount === returned
        ? undefined
        : `${object.order.id}: ${captured.amount} - ${refunded.amount}, ledger ${entered} - ${returned}`;
    }),
    check("2 ledger = payment provider", objects, (object) => disagreement(object, byId)),
  ];
}

function isOwed(status: string, kept: number, total: number): boolean {
  if (status === "paid") return kept === total;
  if (status === "partially_refunded") return kept > 0 && kept < total;
  // Goods may be sent before or after a part was refunded.
  if (status === "partially_fulfilled" || status === "fulfilled") return kept > 0 && kept <= total;
  return kept === 0;
}

const signed = ({ kind, amount }: OrderObject["ledger"][number]): number =>
  kind === "capture" ? amount.amount : -amount.amount;

const keptByIntent = ({ ledger }: OrderObject): Map<string, number> => sumBy(ledger, ({ intent }) => intent, signed);

const totalOf = ({ ledger }: OrderObject, kind: "capture" | "refund", intent?: string): number =>
  ledger
    .filter((entry) => entry.kind === kind && (intent === undefined || entry.intent === intent))
    .reduce((sum, { amount }) => sum + amount.amount, 0);

function disagreement(object: OrderObject, intents: ReadonlyMap<string, PspIntent>): string | undefined {
  for (const id of new Set(object.ledger.map((entry) => entry.intent))) {
    const intent = intents.get(id);
    const [captured, refunded] = [totalOf(object, "capture", id), totalOf(object, "refund", id)];
    if (!intent) return `${object.order.id}: ${id} is in the ledger and unknown to the payment provider`;
    if (intent.received !== captured || intent.refunded !== refunded) {
      return `${object.order.id}: ${id} ${intent.received} - ${intent.refunded}, ledger ${captured} - ${refunded}`;
    }
  }
  return undefined;
}
