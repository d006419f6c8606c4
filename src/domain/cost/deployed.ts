import type { QueueName } from "../messages.ts";

export interface QueueSetting {
  /** The file that sets it. */
  readonly file: string;
  readonly batchSize: number;
  readonly timeoutS: number;
}

/**
 * What the configuration files say and no Worker can read: how queues are batched, and the share of invocations that is logged. A test compares it
 * with the files, so that advice is about what is deployed.
 */
export const DEPLOYED: {
  readonly headSampling: number;
  readonly queues: Readonly<Record<QueueName, QueueSetting>>;
} = {
  headSampling: 1,
  queues: {
    orders: { file: "src/orders/wrangler.toml", batchSize: 100, timeoutS: 1 },
    payments: { file: "src/payments/wrangler.toml", batchSize: 20, timeoutS: 0 },
    events: { file: "src/analytics/wrangler.toml", batchSize: 100, timeoutS: 0 },
    notifications: { file: "src/ops/wrangler.toml", batchSize: 100, timeoutS: 1 },
  },
};
