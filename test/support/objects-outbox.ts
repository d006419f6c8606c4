import { runInDurableObject } from "cloudflare:test";
import { CART_STEPS } from "../../durable-objects/cart/schema.ts";
import type { JobHandlers } from "../../durable-objects/job.ts";
import { erase, migrate } from "../../durable-objects/migrate.ts";
import { Outbox, type OutboxQueues, outboxHandlers } from "../../durable-objects/outbox.ts";
import { DueWork } from "../../durable-objects/work.ts";
import type { OrdersMessage, PaymentsMessage } from "../../src/domain/messages.ts";
import { env, newId } from "./objects.ts";

/** A queue whose every send does what the script says next, and remembers what it took. */
function scriptedQueue<M>(script: ("take" | "refuse" | "hang")[]) {
  const taken: M[] = [];
  const sendBatch = async (messages: Iterable<MessageSendRequest<M>>) => {
    const act = script.shift() ?? "take";
    if (act === "refuse") throw new Error("Queue is overloaded. Please back off.");
    if (act === "hang") await new Promise(() => {});
    for (const { body } of messages) taken.push(body);
    return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } } as QueueSendBatchResponse;
  };
  return { taken, sendBatch };
}

export const message = (n: number): OrdersMessage => ({
  v: 1,
  type: "payment.fact",
  id: `m${n}`,
  orderId: "ord_x",
  source: "api",
  fact: { type: "unknown", attempt: 1, at: 0 },
});

/** Runs `test` inside a real object's storage, with a work table and queues that follow a script. */
export function withOutbox(
  script: ("take" | "refuse" | "hang")[],
  test: (tools: {
    work: DueWork;
    outbox: Outbox;
    taken: OrdersMessage[];
    rows: () => { id: string; attempts: number; due_at: number }[];
    storage: DurableObjectStorage;
    /** The object as it is after it died: only the rows are left. */
    reborn: (handlers?: JobHandlers) => DueWork;
  }) => Promise<void>,
) {
  return runInDurableObject(env.CART.getByName(newId("cart")), async (_cart, { storage }) => {
    migrate(storage, CART_STEPS);
    const orders = scriptedQueue<OrdersMessage>(script);
    const queues: OutboxQueues = {
      orders,
      payments: scriptedQueue<PaymentsMessage>([]),
      events: scriptedQueue([]),
      notifications: scriptedQueue([]),
    };
    const reborn = (handlers: JobHandlers = {}) => new DueWork(storage, { ...outboxHandlers(queues), ...handlers });
    const work = reborn();
    const rows = () =>
      storage.sql
        .exec<{ id: string; attempts: number; due_at: number }>("SELECT id, attempts, due_at FROM work")
        .toArray();
    await test({ work, outbox: new Outbox(work), taken: orders.taken, rows, storage, reborn });
    await erase(storage);
  });
}
