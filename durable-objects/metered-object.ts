import { DurableObject } from "cloudflare:workers";
import type { Area, CountKey } from "../src/domain/cost/counts.ts";
import { TELL_FIRST_MS } from "../src/domain/cost/settings.ts";
import { CostLink } from "../src/platform/cost-link.ts";
import { meter } from "../src/platform/meter.ts";
import { replace, watchBindings } from "../src/platform/metered-bindings.ts";

/** Of this isolate, which many objects share: whoever of them is at work when it is time tells for all. Made when the first object is, for the clock's sake. */
let link: CostLink | undefined;
/** Of the isolate. The clock is not asked at each of them whether it is time to tell. */
let statements = 0;
const LOOK_EVERY = 16;

/** What each object's storage is used for; an alarm only has that. */
const areas = new WeakMap<DurableObjectStorage, Area>();

/** An alarm that went off is billed like a call, and nobody waits for it who could count its time. */
export async function countAlarm(storage: DurableObjectStorage, alarm: () => Promise<void>): Promise<void> {
  const area = areas.get(storage) ?? meter.home;
  meter.home = area;
  const startedAt = Date.now();
  meter.add(`${area}.objectRequest`);
  try {
    await alarm();
  } finally {
    meter.add(`${area}.objectMs`, Date.now() - startedAt);
  }
}

/** Rows of a statement so far, and of what was read since, once it was read to its end: that is known when the object's next one begins. */
class Rows {
  readonly #keys: { readonly read: CountKey; readonly written: CountKey };
  #cursor: SqlStorageCursor<Record<string, SqlStorageValue>> | undefined;
  #read = 0;
  #written = 0;

  constructor(area: Area) {
    this.#keys = { read: `${area}.rowRead`, written: `${area}.rowWritten` };
  }

  begin(cursor: SqlStorageCursor<Record<string, SqlStorageValue>>): void {
    this.#settle();
    this.#cursor = cursor;
    this.#read = 0;
    this.#written = 0;
    this.#settle();
  }

  #settle(): void {
    if (!this.#cursor) return;
    const { rowsRead, rowsWritten } = this.#cursor;
    if (rowsRead > this.#read) meter.add(this.#keys.read, rowsRead - this.#read);
    if (rowsWritten > this.#written) meter.add(this.#keys.written, rowsWritten - this.#written);
    this.#read = rowsRead;
    this.#written = rowsWritten;
  }
}

/**
 * Has the storage of an object count its rows. Each way to write is one: SQL by its cursor, a put, a delete and an alarm one row each. Handles are the object's
 * own; no row is written for it, and nobody waits.
 */
function countRows(ctx: DurableObjectState, env: ObjectsEnv, area: Area): void {
  const { storage } = ctx;
  const { sql, kv } = storage;
  const exec = sql.exec.bind(sql);
  const rows = new Rows(area);
  areas.set(storage, area);
  meter.home = area;
  replace(sql, "exec", (query, ...values) => {
    // SAFETY: both are given on as they came.
    const cursor = exec(query as string, ...(values as SqlStorageValue[]));
    rows.begin(cursor);
    meter.home = area;
    if (++statements % LOOK_EVERY === 0 && link?.isDue) ctx.waitUntil(link.tell(env));
    return cursor;
  });
  const writes = [
    [kv, "put"],
    [kv, "delete"],
    [storage, "setAlarm"],
  ] as const;
  for (const [handle, name] of writes) {
    // SAFETY: it is called with what it would have been called with.
    const write = Reflect.get(handle, name).bind(handle) as (...input: unknown[]) => unknown;
    replace(handle, name, (...input) => {
      meter.add(`${area}.rowWritten`);
      meter.home = area;
      return write(...input);
    });
  }
}

function begin(ctx: DurableObjectState, env: ObjectsEnv, area: Area): void {
  link ??= new CostLink({ patienceMs: TELL_FIRST_MS });
  watchBindings(env, "commerce");
  countRows(ctx, env, area);
}

/** An object that counts what it uses, for purchases. */
export abstract class CommerceObject extends DurableObject<ObjectsEnv> {
  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    begin(ctx, env, "commerce");
  }
}

/** The same, for counting events. */
export abstract class AnalyticsObject extends DurableObject<ObjectsEnv> {
  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    begin(ctx, env, "analytics");
  }
}

/** The same, for those who run the shop. */
export abstract class OperationsObject extends DurableObject<ObjectsEnv> {
  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    begin(ctx, env, "operations");
  }
}
