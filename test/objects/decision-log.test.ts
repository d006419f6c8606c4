/**
 * Goal: a log that many consoles look at is not hashed from its beginning for each of them, and nobody changes it unseen for longer than a minute. Threats: a
 * belief that outlives a clock put back, an entry that is put in behind what was looked at.
 */
import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { DecisionLog } from "../../durable-objects/decision-log.ts";
import { FLAG_COORDINATOR_STEPS } from "../../durable-objects/flag-coordinator/schema.ts";
import { migrate } from "../../durable-objects/migrate.ts";
import { env } from "../support/objects.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const ENTRIES = 40;

interface Page {
  readonly firstBroken: number | null;
  /** Rows of the log that it took. */
  readonly rows: number;
}

interface World {
  readonly append: () => void;
  readonly exec: (statement: string) => void;
  readonly page: () => Page;
}

/** A log with 40 entries, in an object that stays. */
function inWorld(test: (world: World) => void): Promise<void> {
  return runInDurableObject(env.FLAG_COORDINATOR.getByName(crypto.randomUUID()), (_, { storage }) => {
    migrate(storage, FLAG_COORDINATOR_STEPS);
    const log = new DecisionLog<{ readonly at: number }>(storage);
    const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
    const exec = storage.sql.exec.bind(storage.sql);
    vi.spyOn(storage.sql, "exec").mockImplementation((query, ...values: SqlStorageValue[]) => {
      const cursor = exec(query, ...values);
      cursors.push(cursor);
      return cursor;
    });
    const world: World = {
      append: () => log.append({ at: Date.now() }),
      exec: (statement) => void storage.sql.exec(statement),
      page: () => {
        cursors.length = 0;
        const { firstBroken } = log.page(1).chain;
        return { firstBroken, rows: cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0) };
      },
    };
    for (let n = 0; n < ENTRIES; n++) world.append();
    test(world);
  });
}

const change = (seq: number) => `UPDATE decisions SET entry = json_set(entry, '$.at', 7) WHERE seq = ${seq}`;
const forge = (seq: number) =>
  `INSERT INTO decisions (seq, entry, hash) VALUES (${seq}, '{"at":7}', '${"0".repeat(64)}')`;
const pass = (ms: number) => void vi.setSystemTime(Date.now() + ms);

describe("a log that is looked at again and again", () => {
  it("is read to its beginning once a minute, and in between only what was added", () =>
    inWorld(({ append, page }) => {
      expect(page()).toMatchObject({ firstBroken: null });
      append();
      const { rows } = page();
      expect(rows).toBeLessThan(5);
      pass(59_000);
      expect(page().rows).toBeLessThanOrEqual(rows);
      pass(1_000);
      expect(page().rows).toBeGreaterThan(ENTRIES);
    }));

  it("shows an entry that was changed behind what was looked at within a minute, and goes on showing it", () =>
    inWorld(({ append, exec, page }) => {
      page();
      exec(change(3));
      pass(60_000);
      expect(page().firstBroken).toBe(3);
      append();
      pass(1_000);
      expect(page().firstBroken).toBe(3);
    }));

  it("shows one that was put in after what was looked at, and one before the first, for what they are", () =>
    inWorld(({ exec, page }) => {
      page();
      exec(forge(ENTRIES + 1));
      expect(page().firstBroken).toBe(ENTRIES + 1);
      exec(`DELETE FROM decisions WHERE seq > ${ENTRIES}`);
      expect(page().firstBroken).toBe(null);
      exec(forge(-4));
      pass(60_000);
      expect(page().firstBroken).toBe(1);
    }));

  it("is not believed for longer because the clock was put back", () =>
    inWorld(({ exec, page }) => {
      page();
      exec(change(3));
      pass(-3_600_000);
      expect(page().firstBroken).toBe(3);
    }));
});
