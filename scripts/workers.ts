export type WorkerName = "objects" | "payments" | "orders" | "analytics" | "ops" | "storefront";

export interface WorkerEntry {
  readonly name: WorkerName;
  /** The `name` of its wrangler.toml, by which other Workers bind it. */
  readonly script: string;
  /** Where its source lives, and where its env.d.ts is written. */
  readonly directory: string;
  readonly config: string;
  /** The TypeScript interface of its bindings, global through env.d.ts. */
  readonly env: string;
  /** The Workers that it binds. They come earlier in the list, so the graph cannot have a cycle. */
  readonly uses: readonly WorkerName[];
}

/** Every Worker in the order of deployment. Development, deployment, type generation and the architecture test read this one list. */
export const WORKERS: readonly WorkerEntry[] = [
  {
    name: "objects",
    script: "breakwater-objects",
    directory: "durable-objects",
    config: "durable-objects/wrangler.toml",
    env: "ObjectsEnv",
    uses: [],
  },
  {
    name: "payments",
    script: "breakwater-payments",
    directory: "src/payments",
    config: "src/payments/wrangler.toml",
    env: "PaymentsEnv",
    uses: ["objects"],
  },
  {
    name: "orders",
    script: "breakwater-orders",
    directory: "src/orders",
    config: "src/orders/wrangler.toml",
    env: "OrdersEnv",
    uses: ["objects"],
  },
  {
    name: "analytics",
    script: "breakwater-analytics",
    directory: "src/analytics",
    config: "src/analytics/wrangler.toml",
    env: "AnalyticsEnv",
    uses: ["objects"],
  },
  {
    name: "ops",
    script: "breakwater-ops",
    directory: "src/ops",
    config: "src/ops/wrangler.toml",
    env: "OpsEnv",
    uses: ["objects", "payments"],
  },
  {
    name: "storefront",
    script: "breakwater",
    directory: "src/storefront",
    config: "wrangler.toml",
    env: "StorefrontEnv",
    uses: ["objects", "payments", "analytics", "ops"],
  },
];

/** The queues of the shop, by its own names (src/domain/queue-names.ts); each has a `-dead` twin for what ran out of retries. */
export const QUEUES = ["orders", "payments", "events", "notifications"] as const;

export const DATABASE = "breakwater";

/** What a shop's webhook endpoint at Stripe is subscribed to: the types that `READERS` of payments reads. */
export const STRIPE_EVENTS = [
  "payment_intent.succeeded",
  "payment_intent.payment_failed",
  "payment_intent.processing",
  "payment_intent.requires_action",
  "payment_intent.canceled",
  "refund.created",
  "refund.updated",
  "refund.failed",
  "charge.dispute.created",
  "charge.dispute.updated",
  "charge.dispute.closed",
] as const;

/** What a shop on this machine does not take from the wrangler.toml files: load, tests and demo orders are not for the monolith of a deployed one. */
export const LOCAL_VARS = { LEGACY_ORIGIN: "" } as const;

/** The secrets of all Workers: what each is for, and what it is on a laptop. `undefined`: there is nothing sensible to assume. */
export interface SecretNote {
  readonly worker: WorkerName;
  readonly purpose: string;
  readonly local: string;
  /** Made up at the first deployment when it is not given; nobody ever needs to type it. */
  readonly generated?: boolean;
  /** Of a deployed shop's: fewer can be guessed. */
  readonly minChars?: number;
}

export const SECRETS: Readonly<Record<string, SecretNote>> = {
  STRIPE_SECRET_KEY: {
    worker: "payments",
    purpose: "the secret (or a restricted) key of your Stripe account, sk_test_... or sk_live_...",
    local: "sk_test_standin",
  },
  STRIPE_WEBHOOK_SECRET: {
    worker: "payments",
    purpose: "the signing secret of the webhook endpoint <your shop>/webhooks/stripe, whsec_...",
    local: "whsec_standin",
  },
  ADMIN_KEY: {
    worker: "ops",
    purpose: "the key of the admin API; at least 24 random characters",
    local: "dev-admin-key",
    minChars: 24,
  },
  CART_KEY_SECRET: {
    worker: "storefront",
    purpose: "keys the ids of carts created under an Idempotency-Key",
    local: "local-cart-key-secret",
    generated: true,
  },
};
