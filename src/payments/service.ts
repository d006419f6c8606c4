import { WorkerEntrypoint } from "cloudflare:workers";
import { paymentContext } from "./context.ts";
import { type CauseReplay, replayCause, type ReplayReply, replayWebhook } from "./webhook-replay.ts";

/**
 * What other Workers may ask of payments. They name what is to be replayed and never hand it over: only what this Worker has verified and
 * stored itself can become a payment fact.
 */
export class PaymentsService extends WorkerEntrypoint<PaymentsEnv> {
  replayWebhook(id: number): Promise<ReplayReply> {
    return replayWebhook(id, this.env.DB, paymentContext(this.env, 1));
  }

  replayCause(cause: string, limit: number): Promise<CauseReplay> {
    return replayCause(cause, limit, this.env.DB, paymentContext(this.env, 1));
  }
}
