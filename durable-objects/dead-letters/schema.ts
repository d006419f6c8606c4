/** Messages as they were, newest last. The platform's message id is the key: a letter delivered twice is stored once. */
export const DEAD_LETTER_STEPS: readonly string[] = [
  `CREATE TABLE letters (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;`,
];
