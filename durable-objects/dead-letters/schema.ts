import { WORK_TABLE } from "../job.ts";

/**
 * Messages as they were, newest last. The platform's message id is the key: a letter delivered twice is stored once. A letter that was
 * dealt with stays for a while as the history of who did what with it, when and why.
 */
export const DEAD_LETTER_STEPS: readonly string[] = [
  `CREATE TABLE letters (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;`,
  `ALTER TABLE letters ADD COLUMN cause TEXT NOT NULL DEFAULT 'unsorted';
  ALTER TABLE letters ADD COLUMN status TEXT NOT NULL DEFAULT 'dead' CHECK (status IN ('dead', 'replayed', 'discarded'));
  ALTER TABLE letters ADD COLUMN settled_at INTEGER CHECK ((status = 'dead') = (settled_at IS NULL));
  ALTER TABLE letters ADD COLUMN settled_by TEXT;
  ALTER TABLE letters ADD COLUMN settled_why TEXT CHECK (status <> 'discarded' OR settled_why IS NOT NULL);
  CREATE INDEX letters_by_cause ON letters (status, cause, seq);
  CREATE INDEX letters_settled ON letters (settled_at, seq) WHERE settled_at IS NOT NULL;
  ${WORK_TABLE};`,
];
