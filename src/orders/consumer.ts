import { type OrdersMessage, ordersMessageSchema } from "../domain/messages.ts";
import { log } from "../platform/log.ts";
import { callObject } from "../platform/object-call.ts";
import {
  type Delivery,
  parseBatch,
  type RawBatch,
  retryAfterSeconds,
  settleEach,
  type Verdict,
} from "../platform/queue-batch.ts";
import { projectOrders } from "./projection.ts";

type OrderStub = ReturnType<OrdersEnv["ORDER"]["getByName"]>;
type FactMessage = Extract<OrdersMessage, { type: "payment.fact" }>;
type ChangeMessage = Extract<OrdersMessage, { type: "order.changed" }>;

/** Objects called at a time by one batch; facts of one order meet in its object, which takes them one after the other. */
const ORDERS_IN_FLIGHT = 20;
/** Rows written one by one at a time, see `project`. */
const ROWS_IN_FLIGHT = 4;

export interface OrdersContext {
  readonly db: D1Database;
  order(orderId: string): Pick<OrderStub, "apply">;
}

export async function consumeOrders(batch: RawBatch, context: OrdersContext): Promise<void> {
  const facts: Delivery<FactMessage>[] = [];
  const changes: Delivery<ChangeMessage>[] = [];
  for (const { body, message } of parseBatch(batch, ordersMessageSchema)) {
    switch (body.type) {
      case "payment.fact":
        facts.push({ body, message });
        break;
      case "order.changed":
        changes.push({ body, message });
        break;
    }
  }
  await Promise.all([
    settleEach(facts, ORDERS_IN_FLIGHT, ({ body, message }) => applyFact(body, message.attempts, context)),
    project(changes, context.db),
  ]);
}

/** The order decides what the fact changes; a repeat changes nothing, so calling twice is harmless. */
async function applyFact(message: FactMessage, attempts: number, context: OrdersContext): Promise<Verdict> {
  const { id, orderId, requestId, fact, source } = message;
  const reply = await callObject(() => context.order(orderId).apply(fact));
  if (!reply.ok && reply.reason === "too_early") {
    // The order has asked for what comes before this fact; meanwhile it waits here.
    log("info", "fact_too_early", { orderId, messageId: id, requestId, fact: fact.type, attempts });
    return { retryAfterSeconds: retryAfterSeconds(attempts) };
  }
  if (!reply.ok) {
    // Money may have moved for an order that does not exist: not to be dropped, so it goes on to the dead letters.
    log("error", "fact_of_unknown_order", { orderId, messageId: id, requestId, fact: fact.type, attempts });
    return { retryAfterSeconds: retryAfterSeconds(attempts) };
  }
  const { applied, state, version } = reply.value;
  log("info", "fact_applied", { orderId, messageId: id, requestId, fact: fact.type, source, applied, state, version });
  return "ack";
}

/**
 * First deliveries share one statement. What comes again is written alone: should one row be what D1 objects to, it takes no other with it
 * into the dead letters.
 */
async function project(changes: readonly Delivery<ChangeMessage>[], db: D1Database): Promise<void> {
  const fresh = changes.filter(({ message }) => message.attempts === 1);
  const again = changes.filter(({ message }) => message.attempts > 1);
  const together =
    fresh.length > 0
      ? projectOrders(
          db,
          fresh.map(({ body }) => body.order),
        )
      : Promise.resolve();
  // Every message waits for the one statement and is settled by its outcome.
  await settleEach(fresh, fresh.length, async () => {
    await together;
    return "ack";
  });
  await settleEach(again, ROWS_IN_FLIGHT, async ({ body }) => {
    await projectOrders(db, [body.order]);
    return "ack";
  });
}
