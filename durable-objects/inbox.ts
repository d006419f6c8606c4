import { DURATION_MS, LIMITS } from "../src/domain/limits.ts";
import { refuse } from "../src/domain/result.ts";

/** Replies to commands that carried an Idempotency-Key. `fingerprint` identifies the request, `at` in UTC ms. */
export const INBOX_TABLE = `CREATE TABLE inbox (
  key TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  reply TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID`;

/** The caller's key, and a hash of what it asked: the same key with another request is a mistake and not a repeat. */
export interface CommandKey {
  readonly key: string;
  readonly fingerprint: string;
}

export type Seen<Reply> =
  | { readonly kind: "new" }
  | { readonly kind: "replay"; readonly reply: Reply }
  | { readonly kind: "conflict" }
  | ({ readonly kind: "full" } & Full);

/** Nothing can be remembered before the oldest reply lapses, so nothing is done that would have to be. */
interface Full {
  readonly limit: number;
  readonly retryAfterSeconds: number;
}

/** Answers a repeated command with the reply that was stored in the transaction of the first. */
export class Inbox<Reply> {
  readonly #sql: SqlStorage;
  /** Whether there are replies of before the time that they are kept for, as far as was seen. */
  #hasOld = false;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
  }

  find(command: CommandKey): Seen<Reply> {
    const [row] = this.#sql
      .exec<{ fingerprint: string; reply: string }>("SELECT fingerprint, reply FROM inbox WHERE key = ?", command.key)
      .toArray();
    if (!row) return this.#room();
    if (row.fingerprint !== command.fingerprint) return { kind: "conflict" };
    // SAFETY: rows are only written by `store`, which takes a Reply.
    return { kind: "replay", reply: JSON.parse(row.reply) as Reply };
  }

  store(command: CommandKey, reply: Reply, now: number): void {
    if (this.#hasOld) this.#sql.exec("DELETE FROM inbox WHERE at < ?", now - DURATION_MS.idempotency);
    this.#sql.exec(
      "INSERT INTO inbox (key, fingerprint, reply, at) VALUES (?, ?, ?, ?)",
      command.key,
      command.fingerprint,
      JSON.stringify(reply),
      now,
    );
  }

  #room(): Seen<Reply> {
    const limit = LIMITS.idempotencyRepliesPerObject;
    const kept = Date.now() - DURATION_MS.idempotency;
    const { stored, old, oldest } = this.#sql
      .exec<{ stored: number; old: number; oldest: number | null }>(
        `SELECT COUNT(*) AS stored, COUNT(*) FILTER (WHERE at < ?) AS old, MIN(at) FILTER (WHERE at >= ?) AS oldest
         FROM inbox`,
        kept,
        kept,
      )
      .one();
    this.#hasOld = old > 0;
    if (stored - old < limit) return { kind: "new" };
    return { kind: "full", limit, retryAfterSeconds: Math.ceil(((oldest ?? kept) + 1 - kept) / 1_000) };
  }
}

export type InboxRefusal =
  | { readonly reason: "idempotency_conflict" }
  | ({ readonly reason: "idempotency_full" } & Full);

/** Whether the reply is that of an earlier command under the same key. */
export type Replayable<Reply> = Reply & { readonly replayed: boolean };

export const fresh = <Reply extends object>(reply: Reply): Replayable<Reply> => ({ ...reply, replayed: false });
export const replayed = <Reply extends object>(reply: Reply): Replayable<Reply> => ({ ...reply, replayed: true });

/** The answer that the inbox already settles, or `undefined` when the command has to be carried out. */
export function answerFromInbox<Reply extends object>(
  inbox: Inbox<Reply>,
  command: CommandKey | undefined,
): Replayable<Reply | ({ readonly ok: false } & InboxRefusal)> | undefined {
  const seen: Seen<Reply> = command ? inbox.find(command) : { kind: "new" };
  switch (seen.kind) {
    case "new":
      return undefined;
    case "replay":
      return replayed(seen.reply);
    case "conflict":
      return fresh(refuse({ reason: "idempotency_conflict" }));
    case "full":
      return fresh(
        refuse({ reason: "idempotency_full", limit: seen.limit, retryAfterSeconds: seen.retryAfterSeconds }),
      );
  }
}

/** Carries out a command once: a repeat under its key gets the first one's reply, a refusal may be asked again. */
export function answerOnce<Reply extends { readonly ok: boolean }>(
  inbox: Inbox<Reply>,
  command: CommandKey | undefined,
  carryOut: () => Reply,
): Replayable<Reply | ({ readonly ok: false } & InboxRefusal)> {
  const answered = answerFromInbox(inbox, command);
  if (answered) return answered;
  const reply = carryOut();
  if (command && reply.ok) inbox.store(command, reply, Date.now());
  return fresh(reply);
}
