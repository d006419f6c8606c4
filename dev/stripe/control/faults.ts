import { z } from "zod";
import { SeededRandom } from "./random.ts";

const RULES_MAX = 100;
const DELAY_MS_MAX = 600_000;
const HOLD_MS_DEFAULT = 30_000;
const LATENCY_MS_DEFAULT = 500;
/** How far `reorder` lets deliveries drift past each other. */
const REORDER_MS = 250;

const delay = z.number().min(0).max(DELAY_MS_MAX);
const duration = z.union([delay, z.tuple([delay, delay])]);

const ruleSchema = z.strictObject({
  match: z
    .strictObject({
      method: z.enum(["GET", "POST", "DELETE"]).optional(),
      /** A prefix of the path, or a regular expression when it starts with `^`. */
      path: z.string().max(200).refine(isPattern, { message: "not a regular expression" }).optional(),
      /** Matching requests that are let through first. */
      skip: z.number().int().min(0).default(0),
      /** How often the rule fires; left out, for ever. */
      count: z.number().int().min(1).optional(),
      probability: z.number().min(0).max(1).default(1),
    })
    .prefault({}),
  effect: z.enum(["latency", "error_before", "error_after", "timeout_before", "timeout_after", "reset"]),
  ms: duration.optional(),
  status: z.number().int().min(400).max(599).default(500),
  /** What an injected error says in `Stripe-Should-Retry`; left out, what Stripe would say with that status. */
  should_retry: z.boolean().optional(),
});

const webhooksSchema = z.strictObject({
  /** Only these event types; left out, all. */
  types: z.array(z.string().max(100)).max(100).optional(),
  /** Copies beside the delivery itself. */
  duplicate: z.number().int().min(0).max(20).default(0),
  delay_ms: duration.optional(),
  reorder: z.boolean().default(false),
  drop_probability: z.number().min(0).max(1).default(0),
  /** Deliver nothing until the fault is taken back. */
  hold: z.boolean().default(false),
  api_version: z.string().max(60).optional(),
  rename_fields: z.record(z.string().max(100), z.string().max(100)).optional(),
  signature: z.enum(["good", "bad", "missing", "stale"]).default("good"),
});

/** Each part that is named replaces what was there. */
export const faultsSchema = z.strictObject({
  seed: z.number().int().min(0).max(4_294_967_295).optional(),
  rules: z.array(ruleSchema).max(RULES_MAX).optional(),
  webhooks: webhooksSchema.optional(),
});

export type FaultRule = z.infer<typeof ruleSchema>;
export type WebhookFaults = z.infer<typeof webhooksSchema>;
export type FaultEffect = Exclude<FaultRule["effect"], "latency">;

/** What is to happen to one request. */
export type FaultPlan = {
  readonly latency_ms: number;
  readonly effect: FaultEffect | null;
  readonly status: number;
  readonly hold_ms: number;
  readonly should_retry: boolean | null;
};

export const NO_FAULT: FaultPlan = {
  latency_ms: 0,
  effect: null,
  status: 500,
  hold_ms: 0,
  should_retry: null,
};
const NO_WEBHOOK_FAULTS: WebhookFaults = webhooksSchema.parse({});

/** What goes wrong on purpose. Latencies of all matching rules add up; of the other effects the first one wins. */
export class Faults {
  #seed: number;
  #random: SeededRandom;
  #rules: { readonly rule: FaultRule; matched: number; fired: number }[] = [];
  #webhooks: WebhookFaults = NO_WEBHOOK_FAULTS;
  /** What resets each connection that is held. */
  readonly #held = new Set<() => void>();

  constructor({ seed }: { seed: number }) {
    this.#seed = seed;
    this.#random = new SeededRandom(seed);
  }

  get webhooks(): WebhookFaults {
    return this.#webhooks;
  }

  change({ seed, rules, webhooks }: z.infer<typeof faultsSchema>): void {
    if (seed !== undefined) this.#seed = seed;
    this.#random = new SeededRandom(this.#seed);
    if (rules !== undefined) this.#rules = rules.map((rule) => ({ rule, matched: 0, fired: 0 }));
    if (webhooks !== undefined) this.#webhooks = webhooks;
  }

  clear(): void {
    this.#rules = [];
    this.#webhooks = NO_WEBHOOK_FAULTS;
    for (const reset of this.#held) reset();
  }

  /** A connection is held from now until the answer is called. Should all faults be taken back before, `reset` is. */
  hold(reset: () => void): () => void {
    this.#held.add(reset);
    return () => void this.#held.delete(reset);
  }

  describe(): unknown {
    return {
      seed: this.#seed,
      rules: this.#rules.map(({ rule, matched, fired }) => ({ ...rule, matched, fired })),
      webhooks: this.#webhooks,
      held: this.#held.size,
    };
  }

  plan(method: string, path: string): FaultPlan {
    let latency_ms = 0;
    let struck: FaultPlan | null = null;
    for (const entry of this.#rules) {
      const { effect, ms, status, should_retry = null } = entry.rule;
      if (effect !== "latency" && struck !== null) continue;
      if (!covers(entry.rule, method, path) || !this.#fires(entry)) continue;
      if (effect === "latency") {
        latency_ms += this.#draw(ms ?? LATENCY_MS_DEFAULT);
      } else {
        const hold_ms = effect === "reset" ? 0 : this.#draw(ms ?? HOLD_MS_DEFAULT);
        struck = {
          latency_ms,
          effect,
          status,
          hold_ms,
          should_retry: effect.startsWith("error") ? should_retry : null,
        };
      }
    }
    return { ...(struck ?? NO_FAULT), latency_ms };
  }

  /** How long each copy of a delivery waits before its first attempt; empty when it is dropped. */
  deliveryDelays(type: string): readonly number[] {
    if (!this.strikes(type)) return [0];
    const { drop_probability, duplicate, delay_ms, reorder } = this.#webhooks;
    if (drop_probability > 0 && this.#random.next() < drop_probability) return [];
    const copies = Array.from({ length: 1 + duplicate });
    return copies.map(() => this.#draw(delay_ms ?? 0) + (reorder ? this.#random.between(0, REORDER_MS) : 0));
  }

  strikes(type: string): boolean {
    return this.#webhooks.types?.includes(type) ?? true;
  }

  #fires(entry: { readonly rule: FaultRule; matched: number; fired: number }): boolean {
    const { skip, count, probability } = entry.rule.match;
    entry.matched += 1;
    if (entry.matched <= skip || entry.fired >= (count ?? Infinity)) return false;
    if (probability < 1 && this.#random.next() >= probability) return false;
    entry.fired += 1;
    return true;
  }

  #draw(range: z.infer<typeof duration>): number {
    return typeof range === "number" ? range : this.#random.between(range[0], range[1]);
  }
}

function covers({ match }: FaultRule, method: string, path: string): boolean {
  if (match.method !== undefined && match.method !== method) return false;
  if (match.path === undefined) return true;
  return match.path.startsWith("^") ? new RegExp(match.path).test(path) : path.startsWith(match.path);
}

function isPattern(path: string): boolean {
  try {
    return !path.startsWith("^") || new RegExp(path) instanceof RegExp;
  } catch {
    return false;
  }
}
