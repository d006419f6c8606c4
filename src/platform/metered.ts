import { getPath } from "hono/utils/url";
import type { Area } from "../domain/cost/counts.ts";
import { areaOfPath, isQueueName, QUEUE_AREAS } from "../domain/cost/objects.ts";
import { shopQueue } from "../domain/queue-names.ts";
import { type BookEnv, CostLink } from "./cost-link.ts";
import { meter } from "./meter.ts";
import { watchBindings } from "./metered-bindings.ts";

/** Each message is written, read and deleted: three operations, as long as it stays below 64 KB, as ours do. Each further delivery is read again. */
const FIRST_DELIVERY_OPERATIONS = 3;

interface Handler<Env> {
  fetch(request: Request, env: Env, ctx: ExecutionContext): Response | Promise<Response>;
  queue?(batch: MessageBatch, env: Env, ctx: ExecutionContext): void | Promise<void>;
}

interface Metering {
  /** What the Worker is for, where nothing says otherwise. */
  readonly home: Area;
  /** Whether its requests come from outside. Those that come through a binding cost nothing. */
  readonly isFrontDoor?: boolean;
}

/**
 * A Worker that counts what it uses. Around the handler and not in it: invocations, messages, what its bindings are asked for. Now and then the sums go
 * to the cost book, after the answer.
 */
export function metered<Env extends BookEnv>(
  { home, isFrontDoor = false }: Metering,
  handler: Handler<Env>,
): Required<Handler<Env>> {
  const link = new CostLink();
  const begin = (env: Env): void => {
    meter.home = home;
    watchBindings(env, home);
  };
  // After the work, so that what an isolate did is told even if it does nothing else.
  const end = (env: Env, ctx: ExecutionContext): void => {
    if (link.isDue) ctx.waitUntil(link.tell(env));
  };
  return {
    async fetch(request, env, ctx) {
      begin(env);
      if (isFrontDoor) meter.add(`${areaOfPath(getPath(request))}.workerRequest`);
      const response = await handler.fetch(request, env, ctx);
      end(env, ctx);
      return response;
    },
    async queue(batch, env, ctx) {
      begin(env);
      countBatch(batch);
      // To say nothing would be to acknowledge what nobody has looked at.
      if (!handler.queue) throw new Error(`this Worker consumes no queue, and was handed a batch of ${batch.queue}`);
      await handler.queue(batch, env, ctx);
      end(env, ctx);
    },
  };
}

/** A queue for what ran out of retries is nobody's but the operators'. */
function countBatch({ queue: name, messages }: Pick<MessageBatch, "queue" | "messages">): void {
  const queue = shopQueue(name);
  const area: Area = isQueueName(queue) ? QUEUE_AREAS[queue] : "operations";
  const again = messages.filter(({ attempts }) => attempts > 1).length;
  const first = messages.length - again;
  meter.add(`${area}.workerRequest`);
  meter.add(`${area}.queueOperation`, first * FIRST_DELIVERY_OPERATIONS + again);
  if (!isQueueName(queue)) return;
  meter.add(`queue.${queue}.batch`);
  meter.add(`queue.${queue}.message`, first);
  meter.add(`queue.${queue}.again`, again);
}
