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
/** Flags whose coordinator did not answer the last report. */
const silent = new Set<string>();

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
      return bounded({ ...batch, errors: [...batch.errors, trial.sample], lastAt: now });
  }
}

/** Failures beyond the limit are forgotten, the oldest first, and their share of the successes with them: what is left must not look better than it was. */
function bounded(batch: Batch): Batch {
  const errors = batch.errors.slice(-LIMITS.reportErrors);
  if (errors.length === batch.errors.length) return batch;
  return { ...batch, errors, ok: Math.floor((batch.ok * errors.length) / batch.errors.length) };
}

/**
 * Tells what there is. A report without an answer may have been counted or not. So its failures, which the coordinator knows by name, are told with the next
 * one, and its successes are dropped: counting them twice would make the path look better than it is. From then on nothing is told until the coordinator has
 * answered a question that counts nothing. What happens meanwhile was certainly not counted, so it waits whole: a healthy path whose failures alone are told
 * after a silence looks broken.
 */
async function tell(env: StorefrontEnv, key: string, name: string): Promise<void> {
  sendingAt.delete(name);
  if (!batches.has(name) || (silent.has(key) && !(await isBack(env, key)))) return;
  // Looked at again: another one may have told it while this one asked.
  const batch = batches.get(name);
  batches.delete(name);
  if (!batch) return;
  const askedAt = Date.now();
  try {
    const told = env.FLAG_COORDINATOR.getByName(key).report(batch);
    const lease = await inTime(told, REPORT_TIMEOUT_MS, "the coordinator's answer");
    if (lease) hold(lease, askedAt);
  } catch (error) {
    silent.add(key);
    log("warn", "report_not_taken", { flag: key, errors: batch.errors.length, ok: batch.ok, error: String(error) });
    if (batch.errors.length === 0) return;
    const later = batches.get(name) ?? emptyBatch(batch.epoch);
    const lastAt = Math.max(batch.lastAt ?? 0, later.lastAt ?? 0);
    batches.set(name, bounded({ ...later, errors: [...batch.errors, ...later.errors], lastAt }));
  }
}

/** Whether the coordinator answers again. Asking for the lease changes nothing, however often it is asked for. */
async function isBack(env: StorefrontEnv, key: string): Promise<boolean> {
  const askedAt = Date.now();
  try {
    const granted = env.FLAG_COORDINATOR.getByName(key).lease();
    const lease = await inTime(granted, REPORT_TIMEOUT_MS, "the coordinator's answer");
    silent.delete(key);
    if (lease) hold(lease, askedAt);
    return true;
  } catch (error) {
    log("warn", "lease_not_granted", { flag: key, error: String(error) });
    return false;
  }
}
