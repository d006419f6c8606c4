import { CONSUMERS } from "./consumers.ts";
import type { HopsEnv } from "./env.ts";
import { app } from "./front.ts";
import type { Message, QueueName } from "./messages.ts";

export { Cart } from "./cart.ts";
export { Order } from "./order.ts";
export { Stock } from "./stock.ts";
export { Tally } from "./tally.ts";

/**
 * A shop without logic: what a purchase does between processes, objects, queues and Workers, and nothing else. Hosted six times, under a name and in
 * an isolate for each of the shop's Workers; which of them it is shows in what it is given to do. Never deployed.
 */
export default {
  fetch: app.fetch,
  async queue({ queue, messages }, env) {
    // SAFETY: it consumes what bench/runtime/hops.ts has it consume, which are queues of these names.
    await CONSUMERS[queue as QueueName](
      messages.map(({ body }) => body),
      env,
    );
  },
} satisfies ExportedHandler<HopsEnv, Message>;
