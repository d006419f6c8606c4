import { WorkerEntrypoint } from "cloudflare:workers";
import { type PaymentContext, paymentContext, reportCalls } from "./context.ts";
import { type CauseReplay, replayCause, type ReplayReply, replayWebhook } from "./webhook-replay.ts";

/**
 * What other Workers may ask of payments. They name what is to be replayed and never hand it over: only what this Worker has verified and
 * stored itself can become a payment fact.
 */
export class PaymentsService extends WorkerEntrypoint<PaymentsEnv> {
  replayWebhook(id: number): Promise<ReplayReply> {
    return this.#inContext((context) => replayWebhook(id, this.env.DB, context));
  }

  replayCause(cause: string, limit: number): Promise<CauseReplay> {
    return this.#inContext((context) => replayCause(cause, limit, this.env.DB, context));
  }

  async #inContext<T>(work: (context: PaymentContext) => Promise<T>): Promise<T> {
    const context = paymentContext(this.env, 1);
    const result = await work(context);
    this.ctx.waitUntil(reportCalls(this.env, context));
    return result;
  }
}
