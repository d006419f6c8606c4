import sha256 from "fast-sha256";
import { ageMs } from "../src/domain/age.ts";
import type { Chained, DecisionPage } from "../src/domain/chain.ts";
import { hex } from "../src/platform/hex.ts";

/** What the first entry names as the one before it. */
const GENESIS = "0".repeat(64);
const VERIFY_PAGE = 500;
/** Hashing costs 8 microseconds an entry, and consoles ask every few seconds: what was found whole is believed for so long. */
const BELIEVED_MS = 60_000;

/** How far the chain was found whole: its last entry, what the next one has to name, and when the look at it began, in UTC ms. */
interface Verified {
  readonly seq: number;
  readonly link: string;
  readonly since: number;
}
const NOTHING: Verified = { seq: 0, link: GENESIS, since: 0 };

/** The rows of a coordinator's table `decisions`, which its own schema makes. `hash` is null in rows of before the log was a chain. */
type Row = { seq: number; entry: string; hash: string | null };

/**
 * The log of a coordinator: every entry names the hash of the one before, so none can be changed, taken out or put in unseen. Hashing is synchronous, because a
 * decision and its entry are one transaction and nothing may be awaited in it.
 */
export class DecisionLog<Decision extends { readonly at: number }> {
  readonly #sql: SqlStorage;
  readonly #hasTime: boolean;
  /** In memory only: a new instance believes nothing. */
  #verified = NOTHING;

  /** `hasTime`: whether the table has a column for the time of its own. */
  constructor(storage: DurableObjectStorage, { hasTime = false }: { readonly hasTime?: boolean } = {}) {
    this.#sql = storage.sql;
    this.#hasTime = hasTime;
  }

  /** In the caller's transaction. */
  append(decision: Decision): void {
    const { seq, link } = this.#end();
    const entry = JSON.stringify({ seq: seq + 1, ...decision, previous: link });
    if (this.#hasTime) {
      const statement = "INSERT INTO decisions (at, entry, hash) VALUES (?, ?, ?)";
      this.#sql.exec(statement, decision.at, entry, digest(entry));
    } else this.#sql.exec("INSERT INTO decisions (entry, hash) VALUES (?, ?)", entry, digest(entry));
  }

  /** Of those before `before`, and whether the whole chain fits: what was changed a minute ago is seen for certain, what was added at once. */
  page(limit: number, before?: number): DecisionPage<Decision> {
    const firstBroken = this.#firstBroken(Date.now());
    return { decisions: this.list(limit, before), chain: { intact: firstBroken === null, firstBroken } };
  }

  /** Newest first. */
  list(limit: number, before: number = Number.MAX_SAFE_INTEGER): Chained<Decision>[] {
    return this.#sql
      .exec<Row>("SELECT seq, entry, hash FROM decisions WHERE seq < ? ORDER BY seq DESC LIMIT ?", before, limit)
      .toArray()
      .map(({ seq, entry, hash }) => {
        // SAFETY: rows are only written by `append`, and those of before it by the object that this log is of.
        const decision = JSON.parse(entry) as Decision & Place;
        return { ...decision, seq, previous: decision.previous ?? "", hash: hash ?? "" };
      });
  }

  /**
   * Goes through what was added since the last look, and once a minute through all of it. Answers the number of the first entry that does not fit, or `null`
   * when the chain is whole.
   */
  #firstBroken(now: number): number | null {
    if (ageMs(this.#verified.since, now) >= BELIEVED_MS) this.#verified = { ...NOTHING, since: now };
    for (const row of this.#rows(this.#verified.seq)) {
      const { seq, link, since } = this.#verified;
      if (row.seq !== seq + 1 || !fits(row, link)) return seq + 1;
      this.#verified = { seq: row.seq, link: linkAfter(link, row), since };
    }
    return null;
  }

  /** The number of the last entry, and what the next one has to name. */
  #end(): { readonly seq: number; readonly link: string } {
    const [last] = this.#sql.exec<Row>("SELECT seq, entry, hash FROM decisions ORDER BY seq DESC LIMIT 1").toArray();
    if (!last) return { seq: 0, link: GENESIS };
    if (last.hash !== null) return { seq: last.seq, link: last.hash };
    let link = GENESIS;
    for (const row of this.#rows()) link = linkAfter(link, row);
    return { seq: last.seq, link };
  }

  /** Those after `after`, or all of them. */
  *#rows(after = 0): Generator<Row> {
    const statement = "SELECT seq, entry, hash FROM decisions WHERE seq > ? ORDER BY seq LIMIT ?";
    // Whoever puts an entry in may number it below the first one.
    let seen = after > 0 ? after : Number.MIN_SAFE_INTEGER;
    for (;;) {
      const rows = this.#sql.exec<Row>(statement, seen, VERIFY_PAGE).toArray();
      yield* rows;
      if (rows.length < VERIFY_PAGE) return;
      seen = rows.at(-1)?.seq ?? seen;
    }
  }
}

/** Entries of before the log was a chain name nothing; the first one that does covers all of them. */
const linkAfter = (previous: string, { entry, hash }: Row): string => hash ?? digest(`${previous} ${entry}`);

function fits({ seq, entry, hash }: Row, previous: string): boolean {
  if (hash === null) return true;
  if (digest(entry) !== hash) return false;
  // SAFETY: as above.
  const named = JSON.parse(entry) as Place;
  return named.previous === previous && named.seq === seq;
}

const digest = (text: string): string => hex(sha256(new TextEncoder().encode(text)));

/** Of an entry: its place in the chain, which those of before the chain do not say. */
interface Place {
  readonly seq?: number;
  readonly previous?: string;
}
