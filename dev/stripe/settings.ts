import { z } from "zod";
import type { RateLimits } from "./protocol/rate-limit.ts";
import type { DeliverySettings } from "./webhooks/deliveries.ts";

const PORT_DEFAULT = 12_111;
/** Enough for the events of 60,000 purchases; older ones are dropped. */
const EVENTS_MAX_DEFAULT = 200_000;
const JOURNAL_BYTES_MAX_DEFAULT = 512 * 1_048_576;
const WEBHOOK_TIMEOUT_MS_DEFAULT = 10_000;
const WEBHOOK_CONCURRENCY_DEFAULT = 32;
/** Stripe spreads its retries over three days; these take about six minutes. */
const RETRY_DELAYS_MS_DEFAULT = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000, 60_000];

export type Settings = {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Path of the journal; `null` keeps the state in memory only. */
  readonly state: string | null;
  readonly rate_limits: RateLimits;
  /** After this long, delayed methods settle by themselves; `null` leaves that to the control path. */
  readonly settle_after_ms: number | null;
  readonly events_max: number;
  /** Past this size the journal is rewritten as a snapshot. */
  readonly journal_bytes_max: number;
  /** Of the injected faults. */
  readonly seed: number;
  /** An endpoint that is put in place at each start; without `events`, for every type. */
  readonly webhook: { readonly url: string; readonly secret: string; readonly events?: readonly string[] } | null;
  readonly deliveries: DeliverySettings;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

export const DEFAULT_SETTINGS: Settings = {
  host: "127.0.0.1",
  port: PORT_DEFAULT,
  state: null,
  rate_limits: { writes_per_s: null, reads_per_s: null },
  settle_after_ms: null,
  events_max: EVENTS_MAX_DEFAULT,
  journal_bytes_max: JOURNAL_BYTES_MAX_DEFAULT,
  seed: 1,
  webhook: null,
  deliveries: {
    retry_delays_ms: RETRY_DELAYS_MS_DEFAULT,
    timeout_ms: WEBHOOK_TIMEOUT_MS_DEFAULT,
    concurrency_max: WEBHOOK_CONCURRENCY_DEFAULT,
  },
  now: Date.now,
};

const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const ENVIRONMENT = z.object({
  STRIPE_STANDIN_HOST: z.string().default(DEFAULT_SETTINGS.host),
  STRIPE_STANDIN_PORT: whole(0, 65_535).default(PORT_DEFAULT),
  STRIPE_STANDIN_STATE: z.string().optional(),
  STRIPE_STANDIN_RATE_LIMIT: z
    .string()
    .regex(/^\d{1,6}(\/\d{1,6})?$/, { message: "must be requests per second: `100`, or writes/reads: `100/200`" })
    .optional(),
  STRIPE_STANDIN_SETTLE_MS: whole(0, 86_400_000).optional(),
  STRIPE_STANDIN_EVENTS_MAX: whole(100, 2_000_000).default(EVENTS_MAX_DEFAULT),
  STRIPE_STANDIN_SEED: whole(0, 4_294_967_295).default(DEFAULT_SETTINGS.seed),
  STRIPE_WEBHOOK_URL: z.url().optional(),
  STRIPE_WEBHOOK_SECRET: z.string().min(8).optional(),
  STRIPE_WEBHOOK_EVENTS: z
    .string()
    .regex(/^[a-z_.*]+(,[a-z_.*]+){0,99}$/, { message: "must be types of events: `refund.created,refund.updated`" })
    .default("*"),
  STRIPE_WEBHOOK_RETRY_MS: z
    .string()
    .regex(/^\d{1,8}(,\d{1,8}){0,29}$/, { message: "must be up to 30 pauses in milliseconds: `1000,2000,4000`" })
    .optional(),
  STRIPE_WEBHOOK_TIMEOUT_MS: whole(10, 120_000).default(WEBHOOK_TIMEOUT_MS_DEFAULT),
  STRIPE_WEBHOOK_CONCURRENCY: whole(1, 1_000).default(WEBHOOK_CONCURRENCY_DEFAULT),
});

/** Reads the environment. An empty variable is one that is not set. Throws with the name of what is wrong. */
export function settingsFrom(environment: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const result = ENVIRONMENT.safeParse(given);
  if (!result.success) throw new Error(z.prettifyError(result.error));
  const env = result.data;
  return {
    host: env.STRIPE_STANDIN_HOST,
    port: env.STRIPE_STANDIN_PORT,
    state: env.STRIPE_STANDIN_STATE ?? null,
    rate_limits: rateLimitsFrom(env.STRIPE_STANDIN_RATE_LIMIT),
    settle_after_ms: env.STRIPE_STANDIN_SETTLE_MS ?? null,
    events_max: env.STRIPE_STANDIN_EVENTS_MAX,
    journal_bytes_max: JOURNAL_BYTES_MAX_DEFAULT,
    seed: env.STRIPE_STANDIN_SEED,
    webhook: webhookFrom(env.STRIPE_WEBHOOK_URL, env.STRIPE_WEBHOOK_SECRET, env.STRIPE_WEBHOOK_EVENTS.split(",")),
    deliveries: {
      retry_delays_ms: env.STRIPE_WEBHOOK_RETRY_MS?.split(",").map(Number) ?? RETRY_DELAYS_MS_DEFAULT,
      timeout_ms: env.STRIPE_WEBHOOK_TIMEOUT_MS,
      concurrency_max: env.STRIPE_WEBHOOK_CONCURRENCY,
    },
    now: Date.now,
  };
}

function rateLimitsFrom(text: string | undefined): RateLimits {
  if (text === undefined) return DEFAULT_SETTINGS.rate_limits;
  const [writes, reads = writes] = text.split("/").map(Number);
  // 0 is no limit.
  return { writes_per_s: writes || null, reads_per_s: reads || null };
}

function webhookFrom(
  url: string | undefined,
  secret: string | undefined,
  events: readonly string[],
): Settings["webhook"] {
  if (url === undefined) return null;
  if (secret === undefined) throw new Error("STRIPE_WEBHOOK_URL needs STRIPE_WEBHOOK_SECRET beside it.");
  return { url, secret, events };
}
