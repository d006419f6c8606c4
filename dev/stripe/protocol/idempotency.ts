import { hash } from "node:crypto";
import type { KeyRecord } from "../state/operations.ts";
import type { Tables } from "../state/tables.ts";
import { StripeFailure, invalid, refusal } from "./errors.ts";
import type { FormObject, FormValue } from "./form.ts";

const KEY_CHARACTERS_MAX = 255;
/** Stripe removes keys when they are at least 24 hours old. */
const KEY_LIFETIME_S = 24 * 60 * 60;

export type KeyClaim = { readonly id: string; readonly path: string; readonly fingerprint: string };

/**
 * Stripe's idempotency keys (https://docs.stripe.com/api/idempotent_requests): the first result of a key is
 * replayed to every later request with that key, whether it was a success or an error; other parameters under
 * the same key are refused; a second request while the first is being worked on is a conflict. Results are part
 * of the store, in the same transaction as the effect, so that they survive a crash together or not at all.
 */
export class IdempotencyKeys {
  readonly #tables: Tables;
  readonly #now: () => number;
  readonly #in_flight = new Set<string>();

  constructor({ tables, now }: { tables: Tables; now: () => number }) {
    this.#tables = tables;
    this.#now = now;
  }

  /** The stored result when there is one; else the key is claimed until `release`. */
  claim(claim: KeyClaim): KeyRecord | null {
    if (claim.id.length > KEY_CHARACTERS_MAX) {
      throw invalid(`Idempotency keys may be at most ${KEY_CHARACTERS_MAX} characters long.`);
    }
    if (this.#in_flight.has(claim.id)) {
      throw refusal(
        409,
        `There is currently another in-progress request using this Idempotent Key (that probably means you ` +
          `submitted twice, and the other request is still going through): ${claim.id}. Please try again later.`,
        { code: "idempotency_key_in_use" },
      );
    }
    const record = this.#stored(claim.id);
    if (record === null) {
      this.#in_flight.add(claim.id);
      return null;
    }
    if (record.path !== claim.path)
      throw misused(`for the same endpoint they were first used for ('${record.path}')`, claim.id);
    if (record.fingerprint !== claim.fingerprint)
      throw misused("with the same parameters they were first used with", claim.id);
    return record;
  }

  release(claim: KeyClaim): void {
    this.#in_flight.delete(claim.id);
  }

  #stored(id: string): KeyRecord | null {
    const record = this.#tables.keys.get(id);
    if (record === undefined || this.#now() / 1_000 - record.created > KEY_LIFETIME_S) return null;
    return record;
  }
}

/** The same parameters in another order are the same request. */
export function fingerprintOf(parameters: FormObject): string {
  return hash("sha256", JSON.stringify(canonical(parameters)), "base64url").slice(0, 22);
}

function canonical(value: FormValue): unknown {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(canonical);
  return Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, part]) => [name, canonical(part)]);
}

function misused(how: string, key: string): StripeFailure {
  const message = `Keys for idempotent requests can only be used ${how}. Try using a key other than '${key}' if you meant to execute a different request.`;
  return new StripeFailure(400, { type: "idempotency_error", message }, { executed: false });
}
