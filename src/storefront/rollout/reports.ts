import type { ErrorSample, Report } from "../../domain/guard/report.ts";
import { LIMITS } from "../../domain/limits.ts";
import { sleep } from "../../platform/backoff.ts";
import { inTime } from "../../platform/in-time.ts";
import { log } from "../../platform/log.ts";
import { type Defer, hold } from "./leases.ts";

/** Successes wait for one another this long, in ms. A failure is told at once and takes them along. */
const BATCH_MS = 500;
const REPORT_TIMEOUT_MS = 2_000;
/** A batch that nobody has sent by then lost its sender, in ms. */
const BATCH_LOST_MS = 3 * BATCH_MS;

interface Batch extends Omit<Report, "errors"> {
  readonly errors: ErrorSample[];
}

export type Trial =
  | { readonly kind: "ok" | "safe" | "parity" }
  | { readonly kind: "error"; readonly sample: ErrorSample };

/** What has not been told yet, by flag and epoch. Plain data, shared by the requests of this isolate. */
const batches = new Map<string, Batch>();
const sendingAt = new Map<string, number>();

/** Counts one operation, and sees to it that it is told. */
export function note(env: StorefrontEnv, key: string, epoch: number, trial: Trial, defer: Defer): void {
  // Nobody has ever started it, so there is nobody to tell.
  if (epoch === 0) return;
  const now = Date.now();
  const name = `${key}\n${epoch}`;
  batches.set(name, withTrial(batches.get(name) ?? emptyBatch(epoch), trial, now));
  if (trial.kind === "error") {
    defer(tell(env, key, name));
    return;
  }
  if (now - (sendingAt.get(name) ?? 0) < BATCH_LOST_MS) return;
  sendingAt.set(name, now);
  defer(sleep(BATCH_MS).then(() => tell(env, key, name)));
}

const emptyBatch = (epoch: number): Batch => ({ epoch, ok: 0, errors: [], safe: 0, parity: 0, lastAt: null });

function withTrial(batch: Batch, trial: Trial, now: number): Batch {
  switch (trial.kind) {
    case "ok":
      return { ...batch, ok: batch.ok + 1, lastAt: now };
    case "safe":
      return { ...batch, safe: batch.safe + 1 };
    case "parity":
      return { ...batch, parity: batch.parity + 1 };
    case "error":
      return { ...batch, errors: [...batch.errors, trial.sample].slice(-LIMITS.reportErrors), lastAt: now };
  }
}

/**
 * Tells what there is. What could not be told is told with the next batch as far as it is failures, which the coordinator knows by name; successes are
 * dropped, because counting them twice would make the path look better than it is.
 */
async function tell(env: StorefrontEnv, key: string, name: string): Promise<void> {
  const batch = batches.get(name);
  batches.delete(name);
  sendingAt.delete(name);
  if (!batch) return;
  const askedAt = Date.now();
  try {
    const told = env.FLAG_COORDINATOR.getByName(key).report(batch);
    const lease = await inTime(told, REPORT_TIMEOUT_MS, "the coordinator's answer");
    if (lease) hold(lease, askedAt);
  } catch (error) {
    log("warn", "report_not_taken", { flag: key, errors: batch.errors.length, ok: batch.ok, error: String(error) });
    const later = batches.get(name) ?? emptyBatch(batch.epoch);
    if (batch.errors.length === 0) return;
    const lastAt = Math.max(batch.lastAt ?? 0, later.lastAt ?? 0);
    batches.set(name, { ...later, errors: [...batch.errors, ...later.errors].slice(-LIMITS.reportErrors), lastAt });
  }
}
