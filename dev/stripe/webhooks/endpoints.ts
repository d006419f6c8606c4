import { z } from "zod";
import { missingResource } from "../protocol/errors.ts";
import { pageOf } from "../protocol/pagination.ts";
import { expand, flag, ignored, listing, mergeMetadata, metadata, parseParameters } from "../protocol/parameters.ts";
import type { Handler } from "../protocol/router.ts";
import { resourceReply } from "../protocol/router.ts";
import { newId, randomText } from "../state/ids.ts";
import type { WebhookEndpointRow } from "../state/rows.ts";
import type { Transaction } from "../state/store.ts";
import { webhookEndpoint } from "../templates/webhook-endpoint.ts";

const SECRET_CHARACTERS = 32;
const ENABLED_EVENTS_MAX = 300;
/** The endpoint that the environment configures; the same id at every start, so that owed events find it again. */
const CONFIGURED_ID = "we_configured";

const url = z
  .string()
  .max(2_000)
  .refine((value) => /^https?:\/\//.test(value) && URL.canParse(value), {
    message: "Not a valid URL",
  });
const enabledEvents = z.array(z.string().min(1).max(100)).min(1).max(ENABLED_EVENTS_MAX);
const description = z.string().max(5_000).optional();

const CREATE = z.strictObject({
  url,
  enabled_events: enabledEvents,
  api_version: z.string().max(60).optional(),
  description,
  metadata: metadata.optional(),
  connect: ignored,
  expand,
});

export const createWebhookEndpoint: Handler = (transaction, call) => {
  const params = parseParameters(CREATE, call.params);
  const row = transaction.put("webhook_endpoint", {
    id: newId("we"),
    created: transaction.now_s,
    url: params.url,
    secret: newSecret(),
    previous_secret: null,
    enabled_events: params.enabled_events,
    api_version: params.api_version ?? null,
    status: "enabled",
    description: params.description ?? null,
    metadata: mergeMetadata({}, params.metadata),
  });
  return { kind: "body", body: { ...webhookEndpoint(row), secret: row.secret } };
};

function newSecret(): string {
  return `whsec_${randomText(SECRET_CHARACTERS)}`;
}

/** The endpoint of `STRIPE_WEBHOOK_URL`, put in place at every start. */
export function configureEndpoint(
  transaction: Transaction,
  config: { readonly url: string; readonly secret: string; readonly events?: readonly string[] },
): void {
  transaction.put("webhook_endpoint", {
    id: CONFIGURED_ID,
    created: transaction.get("webhook_endpoint", CONFIGURED_ID)?.created ?? transaction.now_s,
    url: config.url,
    secret: config.secret,
    previous_secret: null,
    enabled_events: [...(config.events ?? ["*"])],
    api_version: null,
    status: "enabled",
    description: "Configured by the environment",
    metadata: {},
  });
}

/** Without the variable there is no such endpoint, also when the state remembers one. */
export function removeConfiguredEndpoint(transaction: Transaction): void {
  if (transaction.get("webhook_endpoint", CONFIGURED_ID) !== undefined) {
    transaction.drop("webhook_endpoint", CONFIGURED_ID);
  }
}

/** Both secrets sign until the roll is finished. */
export function rollSecret(
  transaction: Transaction,
  id: string,
  { secret, finish }: { secret?: string | undefined; finish: boolean },
): WebhookEndpointRow {
  const endpoint = existingEndpoint(transaction, id);
  if (finish) return transaction.put("webhook_endpoint", { ...endpoint, previous_secret: null });
  return transaction.put("webhook_endpoint", {
    ...endpoint,
    secret: secret ?? newSecret(),
    previous_secret: endpoint.secret,
  });
}

const UPDATE = z.strictObject({
  url: url.optional(),
  enabled_events: enabledEvents.optional(),
  disabled: flag.optional(),
  description,
  metadata: metadata.optional(),
  expand,
});

export const updateWebhookEndpoint: Handler = (transaction, call) => {
  const params = parseParameters(UPDATE, call.params);
  const endpoint = existingEndpoint(transaction, call.id);
  const status = params.disabled === undefined ? endpoint.status : params.disabled ? "disabled" : "enabled";
  const row = transaction.put("webhook_endpoint", {
    ...endpoint,
    status,
    url: params.url ?? endpoint.url,
    enabled_events: params.enabled_events ?? endpoint.enabled_events,
    description: params.description ?? endpoint.description,
    metadata: mergeMetadata(endpoint.metadata, params.metadata),
  });
  return resourceReply({ kind: "webhook_endpoint", row });
};

export const retrieveWebhookEndpoint: Handler = (transaction, { id }) =>
  resourceReply({ kind: "webhook_endpoint", row: existingEndpoint(transaction, id) });

export const deleteWebhookEndpoint: Handler = (transaction, { id }) => {
  existingEndpoint(transaction, id);
  transaction.drop("webhook_endpoint", id);
  return { kind: "body", body: { id, object: "webhook_endpoint", deleted: true } };
};

const LIST = z.strictObject(listing);

export const listWebhookEndpoints: Handler = (transaction, call) => {
  const page = pageOf(transaction.tables.of("webhook_endpoint"), parseParameters(LIST, call.params));
  return {
    kind: "list",
    url: "/v1/webhook_endpoints",
    objects: page.rows.map((row) => ({ kind: "webhook_endpoint", row })),
    has_more: page.has_more,
  };
};

function existingEndpoint(transaction: Transaction, id: string): WebhookEndpointRow {
  const row = transaction.get("webhook_endpoint", id);
  if (row === undefined) throw missingResource("webhook endpoint", id, { param: "webhook_endpoint", in_path: true });
  return row;
}
