import { Agent } from "node:http";
import { setTimeout } from "node:timers/promises";
import { type Answer, send } from "../../../bench/load.ts";
import { BATCH_HEADERS, BATCH_PATH } from "../../../bench/events/target.ts";
import type { PlannedRequest } from "./plan.ts";

/** Clients that each wait for their answer. */
const LANES = 16;
/** An SDK waits longer; the shop is back sooner. */
const TRY_AGAIN_MS = 50;
/** After so long without an answer to the same request the shop is not coming back. */
const GIVE_UP_MS = 60_000;

/** Sends requests as an SDK does: one without an answer, or with one that says "not now", is sent again as it is. */
export class Sender {
  /** Events in requests that were acknowledged; each request counts once. */
  acknowledged = 0;
  /** Events in requests that had to be sent again; the shop may have taken them before. */
  repeated = 0;
  readonly #origin: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: LANES });
  readonly #pauseMs: number;

  constructor(origin: string, pauseMs = TRY_AGAIN_MS) {
    this.#origin = origin;
    this.#pauseMs = pauseMs;
  }

  /** Until `next` has no more. */
  async send(next: () => PlannedRequest | undefined): Promise<void> {
    const lane = async (): Promise<void> => {
      for (let request = next(); request; request = next()) await this.insist(request);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }

  close(): void {
    this.#agent.destroy();
  }

  /** One request, until it is acknowledged. */
  async insist({ body, events }: PlannedRequest): Promise<void> {
    const giveUpAt = Date.now() + GIVE_UP_MS;
    for (;;) {
      const answer = await this.#try(body);
      if (answer?.status === 200) {
        this.acknowledged += events;
        return;
      }
      if (answer && answer.status < 500 && answer.status !== 429) {
        throw new Error(`an SDK would drop these events: ${answer.status} ${answer.text.slice(0, 300)}`);
      }
      if (Date.now() > giveUpAt) throw new Error(`no answer to a batch for ${GIVE_UP_MS} ms: ${answer?.text ?? ""}`);
      this.repeated += events;
      await setTimeout(this.#pauseMs);
    }
  }

  async #try(body: string): Promise<Answer | undefined> {
    const call = { method: "POST" as const, path: BATCH_PATH, headers: BATCH_HEADERS, body };
    try {
      return await send(this.#origin, call, this.#agent);
    } catch {
      // Nobody was there, or it went away before it answered.
      return undefined;
    }
  }
}
