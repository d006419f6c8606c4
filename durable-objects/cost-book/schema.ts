/** Sums by the hour, and the log of decisions, whose rows are added and never changed: the triggers see to it, and `hash` shows it. What is in force is one record of the key-value store. */
export const COST_BOOK_STEPS: readonly string[] = [
  `CREATE TABLE hours (
    hour INTEGER PRIMARY KEY,
    counts TEXT NOT NULL CHECK (json_valid(counts))
  ) STRICT;
  CREATE TABLE decisions (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    entry TEXT NOT NULL CHECK (json_valid(entry)),
    hash TEXT NOT NULL CHECK (length(hash) = 64)
  ) STRICT;
  CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions BEGIN SELECT RAISE(ABORT, 'a decision is not changed'); END;
  CREATE TRIGGER decisions_are_kept BEFORE DELETE ON decisions BEGIN SELECT RAISE(ABORT, 'a decision is not deleted'); END;`,
];
