import type { Api } from "../protocol/api.ts";
import { parseForm } from "../protocol/form.ts";
import type { Answer, HttpRequest } from "../protocol/http.ts";
import { matchRoute } from "../protocol/router.ts";
import { WORLD_ROUTES } from "../protocol/routes.ts";
import type { PaymentIntentRow } from "../state/rows.ts";
import type { Tables } from "../state/tables.ts";
import { clientSecret } from "../templates/payment-intent.ts";

const PREFIX = "/redirect/";

/** Where `next_action.redirect_to_url` leads: the customer's bank, with two buttons. */
export function answerRedirectPage(request: HttpRequest, { tables, api }: { tables: Tables; api: Api }): Answer {
  const intent = tables.of("payment_intent").get(request.path.slice(PREFIX.length));
  const return_url = intent?.return_url ?? null;
  if (intent === undefined || return_url === null || secretIn(request) !== clientSecret(intent)) {
    return html(404, "<p>There is nothing to authenticate here.</p>");
  }
  if (request.method === "GET") return html(200, page(intent));
  const outcome = parseForm(request.body)["outcome"] === "success" ? "success" : "fail";
  if (intent.status === "requires_action") {
    const match = matchRoute(WORLD_ROUTES, "POST", `/_control/payment_intents/${intent.id}/authenticate`);
    if (match !== null) api.perform(match, { outcome });
  }
  return { kind: "reply", status: 303, headers: { location: returnTo(tables, intent, return_url) }, body: "" };
}

function secretIn(request: HttpRequest): string | null {
  return new URLSearchParams(request.query).get("client_secret");
}

function returnTo(tables: Tables, intent: PaymentIntentRow, return_url: string): string {
  const status = tables.of("payment_intent").get(intent.id)?.status;
  const url = new URL(return_url);
  url.searchParams.set("payment_intent", intent.id);
  url.searchParams.set("payment_intent_client_secret", clientSecret(intent));
  url.searchParams.set(
    "redirect_status",
    status === "succeeded" || status === "requires_capture" ? "succeeded" : "failed",
  );
  return url.href;
}

/** The forms post to the page's own address, which carries the secret. Nothing from outside is put into the page. */
function page(intent: PaymentIntentRow): string {
  return `<h1>Your bank</h1>
<p>Payment of ${intent.amount} ${intent.currency.toUpperCase()} (minor units). This is a stand-in: no money moves.</p>
<form method="post"><button name="outcome" value="success">Authenticate</button></form>
<form method="post"><button name="outcome" value="fail">Fail</button></form>`;
}

function html(status: number, content: string): Answer {
  return {
    kind: "reply",
    status,
    headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" },
    body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>Stripe stand-in</title><body>${content}</body></html>\n`,
  };
}
