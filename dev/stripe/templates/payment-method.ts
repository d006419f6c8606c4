import type { TestPaymentMethod } from "../payments/test-payment-methods.ts";
import { testPaymentMethod } from "../payments/test-payment-methods.ts";
import type { Rendered } from "../protocol/rendering.ts";
import type { PaymentMethodRow } from "../state/rows.ts";

export const EMPTY_ADDRESS = {
  city: null,
  country: null,
  line1: null,
  line2: null,
  postal_code: null,
  state: null,
};

const EMPTY_BILLING_DETAILS = {
  address: EMPTY_ADDRESS,
  email: null,
  name: null,
  phone: null,
  tax_id: null,
};

/** Expiry of every test card; a fixed year in the future would one day be the past. */
export function cardExpiry(created_s: number): { exp_month: number; exp_year: number } {
  return { exp_month: 12, exp_year: new Date(created_s * 1_000).getUTCFullYear() + 4 };
}

export function paymentMethod(row: PaymentMethodRow): Rendered {
  return {
    id: row.id,
    object: "payment_method",
    ...paymentMethodPreview(row),
    created: row.created,
    livemode: false,
    metadata: row.metadata,
  };
}

/** What a confirmation token shows of a payment method before there is one. */
export function paymentMethodPreview(row: {
  readonly behaves_as: string;
  readonly created: number;
  readonly customer: string | null;
}): Rendered {
  const method = testPaymentMethod(row.behaves_as);
  const type = method?.type ?? "card";
  return {
    allow_redisplay: "unspecified",
    billing_details: EMPTY_BILLING_DETAILS,
    customer: row.customer,
    customer_account: null,
    type,
    [type]: method === undefined ? {} : detailsOf(method, row.created),
  };
}

function detailsOf(method: TestPaymentMethod, created_s: number): Rendered {
  switch (method.type) {
    case "card":
      return cardDetails(method, created_s);
    case "us_bank_account":
      return {
        account_holder_type: "individual",
        account_type: "checking",
        bank_name: "STRIPE TEST BANK",
        financial_connections_account: null,
        fingerprint: fingerprintOf(method),
        last4: method.last4,
        networks: { preferred: "ach", supported: ["ach"] },
        routing_number: "110000000",
        status_details: {},
      };
    case "sepa_debit":
      return {
        bank_code: "37040044",
        branch_code: "",
        country: "DE",
        fingerprint: fingerprintOf(method),
        generated_from: { charge: null, setup_attempt: null },
        last4: method.last4,
      };
  }
}

function cardDetails(method: TestPaymentMethod, created_s: number): Rendered {
  return {
    brand: method.brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
    country: "US",
    display_brand: method.brand,
    ...cardExpiry(created_s),
    fingerprint: fingerprintOf(method),
    funding: "credit",
    generated_from: null,
    last4: method.last4,
    networks: { available: [method.brand], preferred: null },
    regulated_status: "unregulated",
    three_d_secure_usage: { supported: true },
    wallet: null,
  };
}

/** The same card has the same fingerprint in every payment method. */
export function fingerprintOf(method: TestPaymentMethod): string {
  return `fp${method.brand}${method.last4}`.padEnd(16, "0").slice(0, 16);
}
