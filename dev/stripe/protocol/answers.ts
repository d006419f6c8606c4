import type { StoredReply } from "../state/operations.ts";
import type { StripeFailure } from "./errors.ts";
import { paymentIntent } from "../templates/payment-intent.ts";
import { paymentMethod } from "../templates/payment-method.ts";
import { expandAll } from "./expansion.ts";
import type { Listed, Rendered, RenderingContext } from "./rendering.ts";
import { render } from "./rendering.ts";
import type { Reply } from "./router.ts";

/** A finished answer, before its headers. */
export type Finished = { readonly status: number; readonly body: string };

export function finishReply(reply: Reply, context: RenderingContext): Finished {
  switch (reply.kind) {
    case "body":
      return { status: 200, body: JSON.stringify(reply.body) };
    case "object":
      return { status: 200, body: JSON.stringify(rendered(reply.object, reply.expand, context)) };
    case "list": {
      const { url, has_more, objects } = reply;
      const list = { object: "list", data: objects.map((object) => render(object, context)), has_more, url };
      return { status: 200, body: JSON.stringify(expandAll(list, reply.expand ?? [], context)) };
    }
  }
}

export function finishFailure(failure: StripeFailure, request_id: string, context: RenderingContext): Finished {
  const { fields, payment_intent } = failure;
  const error: Rendered = {
    ...fields,
    ...(fields.code === undefined
      ? {}
      : { doc_url: `https://docs.stripe.com/error-codes#${fields.code.replaceAll("_", "-")}` }),
    request_log_url: `https://dashboard.stripe.com/test/logs/${request_id}`,
  };
  const intent = payment_intent === null ? undefined : context.tables.of("payment_intent").get(payment_intent);
  if (intent !== undefined) {
    error["payment_intent"] = paymentIntent(intent, context);
    const method = context.tables.of("payment_method").get(intent.last_payment_error?.payment_method ?? "");
    if (method !== undefined && fields.type === "card_error") error["payment_method"] = paymentMethod(method);
  }
  return { status: failure.status, body: JSON.stringify({ error }) };
}

/** A stored reply is rendered again from its row, which gives the same text: rows never change. */
export function finishStored(reply: StoredReply, context: RenderingContext): Finished {
  if ("body" in reply) return reply;
  if (reply.subject.kind === "raw") return { status: reply.status, body: JSON.stringify(reply.subject.row) };
  return { status: reply.status, body: JSON.stringify(render(reply.subject, context)) };
}

/** What an answer can be kept as: the name of its row where that is all of it. */
export function storable(
  reply: Reply,
  finished: Finished,
): { status: number; of: readonly [Exclude<Listed["kind"], "event" | "balance_transaction">, string] } | Finished {
  if (reply.kind !== "object" || reply.expand !== undefined) return finished;
  const { object } = reply;
  if (object.kind === "event" || object.kind === "balance_transaction") return finished;
  return { status: finished.status, of: [object.kind, object.row.id] };
}

function rendered(object: Listed, expand: readonly string[] | undefined, context: RenderingContext): Rendered {
  const body = render(object, context);
  return expand === undefined ? body : expandAll(body, expand, context);
}
