const APPLIED_KEY = "schema_steps";

/**
 * Brings an object's tables up to date. `steps` is append-only and every step only expands, so an older Worker can still read what a
 * newer one wrote. Runs synchronously inside one transaction: an object is never seen half migrated. The count lives in `storage.kv`
 * because `PRAGMA user_version` is refused.
 */
export function migrate(storage: DurableObjectStorage, steps: readonly string[]): void {
  const applied = appliedSteps(storage);
  if (applied >= steps.length) return;
  storage.transactionSync(() => {
    for (const step of steps.slice(applied)) storage.sql.exec(step);
    storage.kv.put(APPLIED_KEY, steps.length);
  });
}

/**
 * Whether anything was ever stored here. Ids come from outside, and an object springs into being for any of them: asking this before
 * migrating keeps a guessed id from leaving tables behind.
 */
export const exists = (storage: DurableObjectStorage): boolean => appliedSteps(storage) > 0;

function appliedSteps(storage: DurableObjectStorage): number {
  return storage.kv.get<number>(APPLIED_KEY) ?? 0;
}
