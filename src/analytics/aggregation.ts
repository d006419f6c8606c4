import type { ApplyRequest } from "../../durable-objects/event-shard/commands.ts";
import { arrived, next } from "../domain/pipeline/journey.ts";
import { laneOfShard, POLICIES } from "../domain/pipeline/stages.ts";
import { log } from "../platform/log.ts";
import { callObject } from "../platform/object-call.ts";
import type { Coordinator, PipelineLink } from "../platform/pipeline-link.ts";

const POLICY = POLICIES.aggregate;

/** Takes what belongs to a shard to it, or, when the shard is sick, into its spill. Either way it is durable when this ends. */
export class Aggregation {
  readonly #env: Pick<AnalyticsEnv, "EVENT_SHARD" | "EVENT_SPILL">;
  readonly #link: PipelineLink;
  readonly #coordinator: Coordinator;

  constructor(
    env: Pick<AnalyticsEnv, "EVENT_SHARD" | "EVENT_SPILL">,
    { link, coordinator }: { readonly link: PipelineLink; readonly coordinator: Coordinator },
  ) {
    this.#env = env;
    this.#link = link;
    this.#coordinator = coordinator;
  }

  /** `deliveries` of the messages that it came in. Throws when the queue has to deliver them again. */
  async hand(shard: string, request: ApplyRequest, deliveries: number): Promise<void> {
    const lane = laneOfShard(shard);
    const start = arrived(this.#link.route(lane), deliveries);
    if (start.at === "spill") return this.#spill(shard, request);
    try {
      // The object is fetched anew for each call, because a stub is broken once a call on it has thrown.
      const apply = () => callObject(() => this.#env.EVENT_SHARD.getByName(shard).apply(request));
      await this.#link.run(lane, POLICY.timeoutMs, apply);
    } catch (error) {
      // The coordinator decides in this call, so what failed can go the new way at once.
      if (this.#link.isDue) await this.#link.tell(this.#coordinator);
      const then = next(start, "failed", { route: this.#link.detour(lane), policy: POLICY });
      if (then.at !== "spill") throw error;
      log("warn", "events_spilled", { shard, deliveries, error: String(error) });
      await this.#spill(shard, request);
    }
  }

  async #spill(shard: string, request: ApplyRequest): Promise<void> {
    await callObject(() => this.#env.EVENT_SPILL.getByName(shard).put({ shard, request }));
  }
}
