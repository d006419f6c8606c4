import { retrieveBalanceTransaction } from "../payments/balance-transactions.ts";
import { cancelPaymentIntent, capturePaymentIntent } from "../payments/capture.ts";
import { listCharges, retrieveCharge } from "../payments/charges.ts";
import { createConfirmationToken, retrieveConfirmationToken } from "../payments/confirmation-tokens.ts";
import { confirmInBrowser, confirmPaymentIntent } from "../payments/confirmation.ts";
import { closeDispute, disputeCharge, listDisputes, retrieveDispute } from "../payments/disputes.ts";
import {
  createPaymentIntent,
  listPaymentIntents,
  retrievePaymentIntent,
  updatePaymentIntent,
} from "../payments/payment-intents.ts";
import { createPaymentMethod, retrievePaymentMethod } from "../payments/payment-methods.ts";
import { createRefund, listRefunds, retrieveRefund, settleRefund } from "../payments/refunds.ts";
import { authenticatePaymentIntent, settlePaymentIntent } from "../payments/settlement.ts";
import {
  createWebhookEndpoint,
  deleteWebhookEndpoint,
  listWebhookEndpoints,
  retrieveWebhookEndpoint,
  updateWebhookEndpoint,
} from "../webhooks/endpoints.ts";
import { listEvents, retrieveEvent } from "../webhooks/events.ts";
import type { Route } from "./router.ts";

/** Stripe's API, as far as it goes here. Everything else answers 404 as an unknown URL does at Stripe. */
export const API_ROUTES: readonly Route[] = [
  { method: "POST", pattern: "/v1/payment_intents", run: createPaymentIntent },
  { method: "GET", pattern: "/v1/payment_intents", run: listPaymentIntents },
  { method: "GET", pattern: "/v1/payment_intents/{id}", run: retrievePaymentIntent },
  { method: "POST", pattern: "/v1/payment_intents/{id}", run: updatePaymentIntent },
  { method: "POST", pattern: "/v1/payment_intents/{id}/confirm", run: confirmPaymentIntent },
  { method: "POST", pattern: "/v1/payment_intents/{id}/cancel", run: cancelPaymentIntent },
  { method: "POST", pattern: "/v1/payment_intents/{id}/capture", run: capturePaymentIntent },
  { method: "GET", pattern: "/v1/charges", run: listCharges },
  { method: "GET", pattern: "/v1/charges/{id}", run: retrieveCharge },
  { method: "POST", pattern: "/v1/refunds", run: createRefund },
  { method: "GET", pattern: "/v1/refunds", run: listRefunds },
  { method: "GET", pattern: "/v1/refunds/{id}", run: retrieveRefund },
  { method: "GET", pattern: "/v1/events", run: listEvents },
  { method: "GET", pattern: "/v1/events/{id}", run: retrieveEvent },
  { method: "GET", pattern: "/v1/disputes", run: listDisputes },
  { method: "GET", pattern: "/v1/disputes/{id}", run: retrieveDispute },
  { method: "GET", pattern: "/v1/balance_transactions/{id}", run: retrieveBalanceTransaction },
  { method: "POST", pattern: "/v1/payment_methods", run: createPaymentMethod },
  { method: "GET", pattern: "/v1/payment_methods/{id}", run: retrievePaymentMethod },
  { method: "POST", pattern: "/v1/test_helpers/confirmation_tokens", run: createConfirmationToken },
  { method: "GET", pattern: "/v1/confirmation_tokens/{id}", run: retrieveConfirmationToken },
  { method: "POST", pattern: "/v1/webhook_endpoints", run: createWebhookEndpoint },
  { method: "GET", pattern: "/v1/webhook_endpoints", run: listWebhookEndpoints },
  { method: "GET", pattern: "/v1/webhook_endpoints/{id}", run: retrieveWebhookEndpoint },
  { method: "POST", pattern: "/v1/webhook_endpoints/{id}", run: updateWebhookEndpoint },
  { method: "DELETE", pattern: "/v1/webhook_endpoints/{id}", run: deleteWebhookEndpoint },
];

/** What the world outside of the API does to its objects: the customer, the customer's bank. */
export const WORLD_ROUTES: readonly Route[] = [
  { method: "POST", pattern: "/_control/payment_intents/{id}/confirm", run: confirmInBrowser },
  { method: "POST", pattern: "/_control/payment_intents/{id}/authenticate", run: authenticatePaymentIntent },
  { method: "POST", pattern: "/_control/payment_intents/{id}/settle", run: settlePaymentIntent },
  { method: "POST", pattern: "/_control/refunds/{id}/settle", run: settleRefund },
  { method: "POST", pattern: "/_control/charges/{id}/dispute", run: disputeCharge },
  { method: "POST", pattern: "/_control/disputes/{id}/close", run: closeDispute },
];
