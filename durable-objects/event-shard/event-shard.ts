import { DurableObject } from "cloudflare:workers";
import type { ShardSummary, Sight } from "../../src/domain/events/summary.ts";
import type { ApplyReply, ApplyRequest, ShardAudit } from "./commands.ts";

/** A slice of the visitors: counts each of their events once and folds it, durable before it answers. */
export class EventShard extends DurableObject<ObjectsEnv> {
  apply(_request: ApplyRequest): Promise<ApplyReply> {
    throw new Error("not built yet");
  }

  summary(_seen?: Sight): ShardSummary {
    throw new Error("not built yet");
  }

  audit(): ShardAudit {
    throw new Error("not built yet");
  }
}
