import { DurableObject } from "cloudflare:workers";
import { LIMITS } from "../../src/domain/limits.ts";
import { exists, migrate } from "../migrate.ts";
import { DEAD_LETTER_STEPS } from "./schema.ts";

export interface DeadLetter {
  readonly messageId: string;
  /** The message's body as JSON text. */
  readonly body: string;
  readonly attempts: number;
  /** UTC ms at which the message was first sent. */
  readonly at: number;
}
export type StoredLetter = DeadLetter & { readonly seq: number };

type LetterRow = { seq: number; message_id: string; body: string; attempts: number; at: number };

/** What ran out of retries in one queue, kept until a person has dealt with it. */
export class DeadLetters extends DurableObject<ObjectsEnv> {
  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    if (exists(ctx.storage)) migrate(ctx.storage, DEAD_LETTER_STEPS);
  }

  add(letters: readonly DeadLetter[]): void {
    migrate(this.ctx.storage, DEAD_LETTER_STEPS);
    this.ctx.storage.transactionSync(() => {
      for (const { messageId, body, attempts, at } of letters) {
        this.ctx.storage.sql.exec(
          "INSERT OR IGNORE INTO letters (message_id, body, attempts, at) VALUES (?, ?, ?, ?)",
          messageId,
          body,
          attempts,
          at,
        );
      }
    });
  }

  /** Newest first; `before` is the `seq` of the last one already seen. */
  list({ limit, before }: { limit: number; before?: number | undefined }): StoredLetter[] {
    if (!exists(this.ctx.storage)) return [];
    return this.ctx.storage.sql
      .exec<LetterRow>(
        "SELECT * FROM letters WHERE seq < ? ORDER BY seq DESC LIMIT ?",
        before ?? Number.MAX_SAFE_INTEGER,
        Math.min(limit, LIMITS.pageMax),
      )
      .toArray()
      .map(({ seq, message_id: messageId, body, attempts, at }) => ({ seq, messageId, body, attempts, at }));
  }

  count(): number {
    if (!exists(this.ctx.storage)) return 0;
    return this.ctx.storage.sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM letters").one().n;
  }
}
