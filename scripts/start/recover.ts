import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { AdminClient } from "../admin-client.ts";

/** Objects that were written to this shortly before the runtime's last write may have had messages under way. */
const WINDOW_MS = 5 * 60_000;
const OBJECTS_PER_CALL = 100;

/** Objects by class whose messages may be gone. */
export interface BusyObjects {
  readonly orders: readonly string[];
  readonly stock: readonly string[];
}

/** To be called before the runtime starts: its first overdue alarm would make the last stop look like now. */
export function busyObjects(storage: string): BusyObjects {
  const orders = objectFiles(storage, "Order");
  const stock = objectFiles(storage, "Stock");
  // Not Math.max(...all): a call takes some 120,000 arguments, and a busy day leaves more objects than that.
  const last = [...orders, ...stock].reduce((newest, { modifiedAt }) => Math.max(newest, modifiedAt), 0);
  const busy = (files: readonly ObjectFile[]): string[] =>
    files.filter((file) => file.modifiedAt >= last - WINDOW_MS).map((file) => file.id);
  return { orders: busy(orders), stock: busy(stock) };
}

/**
 * Local queues live in the memory of the runtime and end with it; Cloudflare's do not. So after every stop, clean or not, the objects that
 * were busy at the end are asked to tell their state again.
 */
export async function recoverMessages(admin: AdminClient, busy: BusyObjects): Promise<void> {
  for (const [kind, all] of Object.entries(busy)) {
    for (let from = 0; from < all.length; from += OBJECTS_PER_CALL) {
      const some = all.slice(from, from + OBJECTS_PER_CALL);
      await admin.post("/admin/v1/recover", { [kind]: some }, `recover:${kind}:${from}`);
    }
  }
}

interface ObjectFile {
  readonly id: string;
  readonly modifiedAt: number;
}

/** One SQLite file per object, named by its id; what is not in it yet is in the write-ahead log beside it. */
function objectFiles(storage: string, className: string): ObjectFile[] {
  const directory = join(storage, "v3", "do", `breakwater-objects-${className}`);
  const modified = new Map<string, number>();
  for (const name of listing(directory)) {
    const id = /^([0-9a-f]{64})\.sqlite/.exec(name)?.[1];
    if (id === undefined) continue;
    modified.set(id, Math.max(modified.get(id) ?? 0, statSync(join(directory, name)).mtimeMs));
  }
  return [...modified].map(([id, modifiedAt]) => ({ id, modifiedAt }));
}

function listing(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    // Nothing was ever stored.
    return [];
  }
}
