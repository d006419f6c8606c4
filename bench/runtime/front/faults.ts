/** What can be told of a shop that is `faulty`. */
export interface Faults {
  /** How far the clock of every isolate is ahead, in ms. */
  readonly clockMs?: number | undefined;
  /** Of D1: statements that match are refused, or answered late. */
  readonly database?: DatabaseFault | undefined;
  /** Every shard throws before it does anything. */
  readonly shards?: "refuse" | undefined;
}

export interface DatabaseFault {
  readonly effect: "fail" | "slow";
  /** By which answers are late. */
  readonly ms?: number | undefined;
  /** The Worker whose binding it is; left out, all of them. */
  readonly worker?: string | undefined;
  /** A regular expression for the SQL; left out, every statement. */
  readonly matching?: string | undefined;
}
