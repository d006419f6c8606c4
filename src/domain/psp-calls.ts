/** Calls of the payment provider's API that we make, as its reference names them. */
export type Operation =
  | "payment_intents.create"
  | "payment_intents.retrieve"
  | "payment_intents.cancel"
  | "payment_intents.list"
  | "refunds.create"
  | "refunds.list";

/** How one call ended and how long it took, in ms. */
export interface PspCall {
  readonly operation: Operation;
  readonly outcome: string;
  readonly latencyMs: number;
}
