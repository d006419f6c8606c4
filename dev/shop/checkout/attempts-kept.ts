import { keep, recall, STORED } from "../storage.ts";
import { type Attempt, readAttempts, withAttempt, withoutAttempt } from "./attempt.ts";

/** The attempts of this browser. They outlive the page, which is left for the bank and may be reloaded while nobody knows. */
export const attempts = (): readonly Attempt[] => readAttempts(recall(STORED.attempt));

export const keepAttempt = (attempt: Attempt): void => write(withAttempt(attempts(), attempt));

export const dropAttempt = (key: string): void => write(withoutAttempt(attempts(), key));

/** The order of a cart has become known by other means than the answer to its attempt. */
export function settleAttempts(cartId: string, orderId: string): void {
  const open = attempts().filter((attempt) => attempt.cartId === cartId && attempt.orderId === undefined);
  for (const attempt of open) keepAttempt({ ...attempt, orderId });
}

export const attemptOfOrder = (orderId: string): Attempt | undefined =>
  attempts().find((attempt) => attempt.orderId === orderId);

function write(list: readonly Attempt[]): void {
  keep(STORED.attempt, JSON.stringify(list));
}
