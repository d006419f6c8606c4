/** What can be refused: a tag that callers switch on, plus whatever the caller needs to explain the refusal. */
export interface Refusal {
  readonly reason: string;
}

/**
 * Expected outcomes are values. The failure carries its `reason` beside `ok`, because this is also the shape that
 * crosses RPC between Workers, where a custom error class would arrive as a plain `Error`.
 */
export type Result<T, F extends Refusal> = { readonly ok: true; readonly value: T } | ({ readonly ok: false } & F);

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

export const refuse = <const F extends Refusal>(failure: F): { readonly ok: false } & F => ({ ok: false, ...failure });

/** Marks the branch of a `switch` that cannot be reached; the compiler objects when a case is missing. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
