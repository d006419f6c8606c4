import * as z from "zod";

/** What begins the line with which a runtime says where it listens. */
export const READY = "listening on ";

const hostedWorkerSchema = z.object({
  name: z.string(),
  /** Its wrangler config, for bindings and vars. */
  config: z.string(),
  /** The folder that `wrangler deploy --dry-run` wrote. */
  bundle: z.string(),
});

/** What `serve.ts` is told; a file, because it holds more than a command line should. */
export const runtimeSpecSchema = z.object({
  /** The first one is reachable over HTTP. */
  workers: z.array(hostedWorkerSchema).min(1),
  port: z.int().min(1).max(65_535),
  /** Where Durable Objects, D1 and queues keep their state. */
  storage: z.string(),
  /** Where any request aborts all Durable Objects; left out, nothing does. */
  breaker_port: z.int().min(1).max(65_535).optional(),
  /** Queues that are kept by another process: where messages go, and where batches come in. */
  outside: z.object({ port: z.int(), gate_port: z.int() }).optional(),
  /** Where faults of bindings, of the clock and of shards are told (front/front.worker.ts); without it the bundles stand alone. */
  faults_port: z.int().optional(),
  /** Where counts of all invocations can be read; without it nobody counts, which costs something. */
  meter_port: z.int().optional(),
  /** Where objects of this class of this Worker can be called one by one. */
  probe: z.object({ port: z.int(), script: z.string(), class_name: z.string() }).optional(),
  /** Where V8's inspector listens; without it nobody can look in, which costs something as well. */
  inspector_port: z.int().optional(),
});

export type HostedWorker = z.infer<typeof hostedWorkerSchema>;
export type RuntimeSpec = z.infer<typeof runtimeSpecSchema>;
