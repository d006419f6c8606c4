import * as z from "zod";

/** What a stand-in is started with. */
export interface LegacySettings {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The payment provider: the Stripe stand-in. */
  readonly stripeApiBase: string;
  readonly stripeSecretKey: string;
  readonly webhookSecret: string;
  /** Where carts and orders are kept, as a journal; `null` keeps them in memory only. */
  readonly state: string | null;
}

export const DEFAULT_SETTINGS: LegacySettings = {
  host: "127.0.0.1",
  port: 13_111,
  stripeApiBase: "http://127.0.0.1:12111",
  stripeSecretKey: "sk_test_standin",
  webhookSecret: "whsec_standin",
  state: null,
};

const environmentSchema = z.object({
  LEGACY_PORT: z.coerce.number().int().min(0).max(65_535).default(DEFAULT_SETTINGS.port),
  STRIPE_API_BASE: z.url().default(DEFAULT_SETTINGS.stripeApiBase),
  STRIPE_SECRET_KEY: z.string().min(1).default(DEFAULT_SETTINGS.stripeSecretKey),
  STRIPE_WEBHOOK_SECRET: z.string().min(1).default(DEFAULT_SETTINGS.webhookSecret),
  LEGACY_STATE: z.string().min(1).optional(),
});

export function settingsFrom(environment: NodeJS.ProcessEnv): LegacySettings {
  const parsed = environmentSchema.parse(environment);
  return {
    host: DEFAULT_SETTINGS.host,
    port: parsed.LEGACY_PORT,
    stripeApiBase: parsed.STRIPE_API_BASE,
    stripeSecretKey: parsed.STRIPE_SECRET_KEY,
    webhookSecret: parsed.STRIPE_WEBHOOK_SECRET.split(/\s+/)[0] ?? "",
    state: parsed.LEGACY_STATE ?? null,
  };
}
