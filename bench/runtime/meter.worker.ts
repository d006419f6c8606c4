/**
 * A Worker beside the shop's own that is told of every invocation (a tail consumer) and counts them, since what is billed is invocations: requests
 * to the front door, batches taken from queues, and calls and alarms of objects. `GET /` answers the counts so far. Its types are only written
 * here; `serve.ts` strips them.
 */
interface Invocation {
  readonly scriptName?: string | null;
  readonly entrypoint?: string;
  readonly executionModel?: string;
  readonly event?: Readonly<Record<string, unknown>> | null;
}

const counts = new Map<string, number>();

export default {
  tail(invocations: readonly Invocation[]): void {
    for (const { scriptName, entrypoint, executionModel, event } of invocations) {
      const place = executionModel === "durableObject" ? (entrypoint ?? "") : (scriptName ?? "");
      const key = `${executionModel} ${place} ${kindOf(event ?? {})}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  },
  fetch: (): Response => Response.json(Object.fromEntries(counts)),
};

function kindOf(event: Readonly<Record<string, unknown>>): string {
  if (typeof event["rpcMethod"] === "string") return `rpc ${event["rpcMethod"]}`;
  if ("queue" in event) return "queue";
  if ("scheduledTime" in event) return "alarm";
  if ("request" in event) return "fetch";
  return Object.keys(event).join("+") || "other";
}
