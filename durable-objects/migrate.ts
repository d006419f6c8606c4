const APPLIED_KEY = "schema_steps";
/** What is known of each object that is awake: its methods ask at every call, and the answer only ever changes here. */
const appliedTo = new WeakMap<DurableObjectStorage, number>();

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
  appliedTo.set(storage, steps.length);
}

/** Forgets an object: its rows, its alarm, and that it ever was. Not for use in a transaction. */
export async function erase(storage: DurableObjectStorage): Promise<void> {
  appliedTo.delete(storage);
  await storage.deleteAll();
}

/**
 * Whether anything was ever stored here. Ids come from outside, and an object springs into being for any of them: asking this before
 * migrating keeps a guessed id from leaving tables behind.
 */
export const exists = (storage: DurableObjectStorage): boolean => appliedSteps(storage) > 0;

function appliedSteps(storage: DurableObjectStorage): number {
  const known = appliedTo.get(storage);
  if (known !== undefined) return known;
  const applied = storage.kv.get<number>(APPLIED_KEY) ?? 0;
  if (applied > 0) appliedTo.set(storage, applied);
  return applied;
}
