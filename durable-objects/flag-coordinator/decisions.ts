import sha256 from "fast-sha256";
import type { ChainedDecision, Decision } from "../../src/domain/guard/decision.ts";
import { hex } from "../../src/platform/hex.ts";

/** What the first entry names as the one before it. */
const GENESIS = "0".repeat(64);
const VERIFY_PAGE = 500;

/** The log. Hashing is synchronous, because a decision and its entry are one transaction and nothing may be awaited in it. */
export class DecisionLog {
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
  }

  append(decision: Omit<Decision, "seq">): void {
    const last = this.#sql
      .exec<{ seq: number; hash: string }>("SELECT seq, hash FROM decisions ORDER BY seq DESC LIMIT 1")
      .toArray()[0];
    const entry = JSON.stringify({ seq: (last?.seq ?? 0) + 1, ...decision, previous: last?.hash ?? GENESIS });
    this.#sql.exec("INSERT INTO decisions (entry, hash) VALUES (?, ?)", entry, digest(entry));
  }

  /** Newest first. */
  list(limit: number, before: number = Number.MAX_SAFE_INTEGER): ChainedDecision[] {
    return this.#sql
      .exec<{ entry: string; hash: string }>(
        "SELECT entry, hash FROM decisions WHERE seq < ? ORDER BY seq DESC LIMIT ?",
        before,
        limit,
      )
      .toArray()
      .map(({ entry, hash }) => ({ ...parse(entry), hash }));
  }

  /** Goes through the whole chain. Answers the first entry that does not fit, or `null` when it is whole. */
  firstBroken(): number | null {
    let previous = GENESIS;
    let seen = 0;
    for (;;) {
      const rows = this.#sql
        .exec<{ seq: number; entry: string; hash: string }>(
          "SELECT seq, entry, hash FROM decisions WHERE seq > ? ORDER BY seq LIMIT ?",
          seen,
          VERIFY_PAGE,
        )
        .toArray();
      for (const { seq, entry, hash } of rows) {
        const decision = parse(entry);
        const fits =
          decision.previous === previous && decision.seq === seq && seq === seen + 1 && digest(entry) === hash;
        if (!fits) return seen + 1;
        previous = hash;
        seen = seq;
      }
      if (rows.length < VERIFY_PAGE) return null;
    }
  }
}

const digest = (text: string): string => hex(sha256(new TextEncoder().encode(text)));

// SAFETY: rows are only written by `append`.
const parse = (entry: string) => JSON.parse(entry) as Decision & { readonly previous: string };
