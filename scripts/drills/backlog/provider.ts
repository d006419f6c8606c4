import * as z from "zod";

const counts = z.record(z.string(), z.int());
const statsSchema = z.object({
  calls: counts,
  rate_limited: z.int(),
  max_calls_per_s: z.int(),
  state: z.object({ undelivered_events: z.int() }),
});
const deliveriesSchema = z.object({
  data: z.array(z.object({ attempt: z.int(), duration_ms: z.number(), status: z.int().optional() })),
});

const CHARGES = "/v1/payment_intents";
const DELIVERIES_KEPT = 10_000;

export interface ProviderStats {
  /** Charges that were let through, since the stand-in was started. */
  readonly charges: number;
  readonly calls: number;
  /** Calls that were answered 429; not among `calls`. */
  readonly refused: number;
  readonly peakPerSecond: number;
  /** Events whose webhook the shop has not answered yet. */
  readonly undelivered: number;
}

/** The stand-in's control path, as far as this drill steers and reads it. */
export class Provider {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** From now on each charge takes so long, so that hardly any gets through: a provider that is having trouble. */
  async hold(ms: number): Promise<void> {
    await this.#send("POST", "/faults", {
      rules: [{ match: { method: "POST", path: CHARGES }, effect: "latency", ms }],
    });
  }

  async release(): Promise<void> {
    await this.#send("DELETE", "/faults");
  }

  async stats(): Promise<ProviderStats> {
    const { calls, rate_limited, max_calls_per_s, state } = statsSchema.parse(await this.#send("GET", "/stats"));
    return {
      charges: calls[`POST ${CHARGES}`] ?? 0,
      calls: Object.values(calls).reduce((sum, count) => sum + count, 0),
      refused: rate_limited,
      peakPerSecond: max_calls_per_s,
      undelivered: state.undelivered_events,
    };
  }

  /** How long the shop took to answer each of the last webhooks, in ms, and how many of these attempts failed. */
  async webhooks(): Promise<{ readonly answersMs: readonly number[]; readonly failed: number }> {
    const { data } = deliveriesSchema.parse(await this.#send("GET", `/deliveries?limit=${DELIVERIES_KEPT}`));
    const isTaken = (status: number | undefined): boolean => status !== undefined && status >= 200 && status < 300;
    return {
      answersMs: data.map((entry) => entry.duration_ms),
      failed: data.filter(({ status }) => !isTaken(status)).length,
    };
  }

  async #send(method: string, path: string, body?: unknown): Promise<unknown> {
    const init: RequestInit = { method };
    if (body !== undefined) {
      init.headers = { "content-type": "application/json" };
      init.body = JSON.stringify(body);
    }
    const response = await fetch(`${this.#url}/_control${path}`, init);
    if (!response.ok) throw new Error(`the stand-in answered ${response.status}: ${await response.text()}`);
    return response.json();
  }
}
