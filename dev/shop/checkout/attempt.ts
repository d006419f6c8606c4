/** One try to buy one cart in one way. Its key is what makes a repeat of it the same order. */
export interface Attempt {
  /** The Idempotency-Key, and what the way back from the bank is recognised by. */
  readonly key: string;
  readonly cartId: string;
  readonly method: string;
  /** Known once the shop has answered. */
  readonly orderId?: string;
  /** "Order Completed" has been said of it. */
  readonly isReported?: boolean;
}

/** Older ones are of no use: their orders are in the shop. */
const KEPT_ATTEMPTS = 10;

/**
 * The attempt to go on with. The last one is repeated while nobody knows what became of it; asking in another way, for another cart, or after
 * an answer is a new attempt, since its key would bring the old answer back.
 */
export function attemptFor(
  attempts: readonly Attempt[],
  wanted: { readonly cartId: string; readonly method: string },
  newKey: string,
): Attempt {
  const last = attempts.at(-1);
  const isSame = last?.cartId === wanted.cartId && last.method === wanted.method && last.orderId === undefined;
  return last && isSame ? last : { key: newKey, ...wanted };
}

export function withAttempt(attempts: readonly Attempt[], attempt: Attempt): readonly Attempt[] {
  return [...attempts.filter(({ key }) => key !== attempt.key), attempt].slice(-KEPT_ATTEMPTS);
}

/** Refused for good: asking again under its key would only bring the refusal back. */
export const withoutAttempt = (attempts: readonly Attempt[], key: string): readonly Attempt[] =>
  attempts.filter((attempt) => attempt.key !== key);

export function readAttempts(text: string | undefined): readonly Attempt[] {
  try {
    const list: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(list) ? list.filter(isAttempt) : [];
  } catch {
    return [];
  }
}

function isAttempt(value: unknown): value is Attempt {
  return (
    typeof value === "object" &&
    value !== null &&
    "key" in value &&
    typeof value.key === "string" &&
    "cartId" in value &&
    typeof value.cartId === "string" &&
    "method" in value &&
    typeof value.method === "string"
  );
}
