import { env as ambient } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { makeId } from "../../src/domain/ids.ts";
import { messageOf } from "../../src/domain/message-text.ts";
import type { QueueName } from "../../src/domain/messages.ts";
import type { OrderLine, OrderSnapshot, PaymentMethod } from "../../src/domain/order-record.ts";

// SAFETY: the tests run inside the state Worker, whose bindings these are.
export const env = ambient as unknown as ObjectsEnv;

export const newId = (prefix: "cart" | "ord"): string =>
  makeId(prefix, Date.now(), crypto.getRandomValues(new Uint8Array(16)));

/** A SKU of its own for every test, so that tests do not share stock. */
export async function stockedSku(units: number): Promise<string> {
  const sku = `SKU-${crypto.randomUUID().slice(0, 8)}`;
  await env.STOCK.getByName(sku).adjust({ sku, delta: units, reason: "test" });
  return sku;
}

export const line = (sku: string, quantity: number): OrderLine => ({ sku, name: sku, quantity, unitPrice: 1_000 });

export function snapshotOf(
  lines: readonly OrderLine[],
  method: PaymentMethod = { kind: "payment_method", id: "pm" },
): OrderSnapshot {
  const total = lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
  return {
    orderId: newId("ord"),
    cartId: newId("cart"),
    currency: "USD",
    lines,
    totals: { subtotal: total, discount: 0, shipping: 0, tax: 0, total },
    method,
  };
}

export const levelOf = (sku: string) => env.STOCK.getByName(sku).level(sku);

type AnyStub = DurableObjectStub;

/** Makes everything that an object still has to do due now, and runs its alarm. */
export async function runDueWork(stub: unknown): Promise<void> {
  // SAFETY: only the storage is touched, whatever the class.
  const object = stub as AnyStub;
  await runInDurableObject(object, (_instance, state) => {
    state.storage.sql.exec("UPDATE work SET due_at = 1");
    void state.storage.setAlarm(Date.now());
  });
  await runDurableObjectAlarm(object);
}

/** Rows of work that are left, by kind. */
export function workOf(stub: unknown): Promise<string[]> {
  return runInDurableObject(stub as AnyStub, (_instance, state) =>
    state.storage.sql
      .exec<{ kind: string }>("SELECT kind FROM work ORDER BY kind")
      .toArray()
      .map((row) => row.kind),
  );
}

/**
 * What an object hands to a queue from now on, oldest first. The rows of its outbox are gone once they are sent, so a trigger keeps a copy of each.
 */
export async function messagesTo(stub: unknown, queue: QueueName): Promise<() => Promise<unknown[]>> {
  // SAFETY: as above.
  const object = stub as AnyStub;
  await runInDurableObject(object, (_instance, { storage }) => {
    storage.sql.exec("CREATE TABLE told (payload TEXT)");
    storage.sql.exec(
      `CREATE TRIGGER tell AFTER INSERT ON work WHEN new.kind = 'send:${queue}' BEGIN INSERT INTO told VALUES (new.payload); END`,
    );
  });
  return () =>
    runInDurableObject(object, (_instance, { storage }) =>
      storage.sql
        .exec<{ payload: string }>("SELECT payload FROM told ORDER BY rowid")
        .toArray()
        .map(({ payload }) => messageOf(payload)),
    );
}

export async function tablesOf(stub: unknown): Promise<string[]> {
  return runInDurableObject(stub as AnyStub, (_instance, state) =>
    state.storage.sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'",
      )
      .toArray()
      .map((row) => row.name),
  );
}
