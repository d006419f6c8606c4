import type { Failure } from "../state/rows.ts";

type ErrorType = "api_error" | "card_error" | "idempotency_error" | "invalid_request_error";

export type ErrorFields = {
  readonly type: ErrorType;
  readonly message: string;
  readonly code?: string;
  readonly param?: string;
  readonly decline_code?: string;
  readonly charge?: string;
};

/** The intent that an error is about; it is rendered whole into `error.payment_intent`. */
type About = { readonly payment_intent?: string };

/**
 * An error as Stripe answers it. Thrown by handlers and turned into a response in one place, `api.ts`.
 *
 * `executed` says whether the request had begun to take effect. Stripe stores such results under the
 * idempotency key and replays them; a request that was refused on sight may be sent again with the same key.
 */
export class StripeFailure extends Error {
  readonly status: number;
  readonly fields: ErrorFields;
  readonly executed: boolean;
  readonly payment_intent: string | null;

  constructor(status: number, fields: ErrorFields, { executed, payment_intent }: About & { executed: boolean }) {
    super(fields.message);
    this.status = status;
    this.fields = fields;
    this.executed = executed;
    this.payment_intent = payment_intent ?? null;
  }
}

/** The request was refused before anything happened. */
export function invalid(message: string, { code, param }: { code?: string; param?: string } = {}): StripeFailure {
  return refusal(400, message, { code, param });
}

export function refusal(
  status: number,
  message: string,
  { code, param }: { code?: string | undefined; param?: string | undefined } = {},
): StripeFailure {
  const fields: ErrorFields = {
    type: "invalid_request_error",
    message,
    ...(code === undefined ? {} : { code }),
    ...(param === undefined ? {} : { param }),
  };
  return new StripeFailure(status, fields, { executed: false });
}

/** An id in the path that names nothing is 404, one in the parameters 400. */
export function missingResource(
  object: string,
  id: string,
  { param, in_path }: { param: string; in_path: boolean },
): StripeFailure {
  return refusal(in_path ? 404 : 400, `No such ${object}: '${id}'`, { code: "resource_missing", param });
}

/** The object is in a state in which this cannot be done. */
export function unexpectedState(
  message: string,
  { code, payment_intent, param }: About & { code: string; param?: string },
): StripeFailure {
  const fields: ErrorFields = {
    type: "invalid_request_error",
    code,
    message,
    ...(param === undefined ? {} : { param }),
  };
  return new StripeFailure(400, fields, {
    executed: true,
    ...(payment_intent === undefined ? {} : { payment_intent }),
  });
}

/** A card that was declined: 402, with the intent that it was tried on. */
export function declined(
  failure: Failure,
  { payment_intent, charge }: { payment_intent: string; charge: string | null },
): StripeFailure {
  const fields: ErrorFields = {
    type: "card_error",
    code: failure.code,
    message: failure.message,
    ...(failure.decline_code === null ? {} : { decline_code: failure.decline_code }),
    ...(charge === null ? {} : { charge }),
  };
  return new StripeFailure(402, fields, { executed: true, payment_intent });
}

/** Too many requests: nothing was executed, so the same key may be used again. */
export function rateLimited(): StripeFailure {
  return refusal(
    429,
    "Request rate limit exceeded. Learn more about rate limits here https://docs.stripe.com/rate-limits.",
    { code: "rate_limit" },
  );
}

/**
 * An error that is Stripe's own. A 500 comes from behind the API and is stored under the key; what the edge in
 * front of it answers (502, 503, 504) is not.
 */
export function serverError(status: number): StripeFailure {
  if (status === 429) return rateLimited();
  const message = "An unknown error occurred. (Injected by the stand-in, or a defect of it: see its log.)";
  return new StripeFailure(status, { type: "api_error", message }, { executed: status === 500 });
}
