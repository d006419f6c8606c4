import * as z from "zod";

const wholeMs = z.coerce.number().int().positive();

const settingsSchema = z.object({
  STRIPE_SECRET_KEY: z.string().min(1),
  STRIPE_WEBHOOK_SECRET: z.string().min(1),
  STRIPE_API_BASE: z.union([z.literal(""), z.url({ protocol: /^https?$/ })]),
  PSP_SETTLE_MS: wholeMs,
  PSP_TIMEOUT_MS: wholeMs,
});

export interface Settings {
  readonly secretKey: string;
  /** Any of them may have signed a webhook: two are valid while one is being replaced. */
  readonly webhookSecrets: readonly string[];
  /** Where Stripe's API is; undefined is Stripe itself. */
  readonly apiBase: URL | undefined;
  /** How long after the last call a PaymentIntent that cannot be found counts as never created, in ms. */
  readonly settleMs: number;
  /** How long one call may take, in ms. */
  readonly timeoutMs: number;
}

/** Reads the Worker's variables. Throws on a wrong one, naming it: a misconfigured deployment must not take money. */
export function readSettings(env: z.input<typeof settingsSchema>): Settings {
  const parsed = settingsSchema.parse(env);
  return {
    secretKey: parsed.STRIPE_SECRET_KEY,
    webhookSecrets: parsed.STRIPE_WEBHOOK_SECRET.split(/\s+/).filter((secret) => secret !== ""),
    apiBase: parsed.STRIPE_API_BASE === "" ? undefined : new URL(parsed.STRIPE_API_BASE),
    settleMs: parsed.PSP_SETTLE_MS,
    timeoutMs: parsed.PSP_TIMEOUT_MS,
  };
}
