import Stripe from "stripe";

/** How old a signature may be, in seconds. Stripe signs every delivery anew, so this bounds replays and not late deliveries. */
const TOLERANCE_S = 300;

export type Verified =
  | { readonly ok: true; readonly event: unknown }
  | { readonly ok: false; readonly reason: "bad_signature" | "stale" | "malformed_event"; readonly detail: string };

/** How the SDK says that a signature is right, and older than the tolerance: it looks at the time last. */
const STALE = /outside the tolerance/;

/** Checks the signature over the untouched body against each secret in turn; any may match while one is being replaced. */
export async function verifyWebhook(
  body: string,
  signature: string | undefined,
  secrets: readonly string[],
): Promise<Verified> {
  const provider = Stripe.createSubtleCryptoProvider();
  let detail = "no webhook secret is configured";
  let stale = false;
  for (const secret of secrets) {
    try {
      const event = await Stripe.webhooks.constructEventAsync(body, signature ?? "", secret, TOLERANCE_S, provider);
      return { ok: true, event };
    } catch (error) {
      const message = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
      // The body is parsed after the signature was found right, so other secrets will not change this. Whatever else is thrown, and the SDK
      // throws more than its own error for odd headers, means that the signature was not.
      if (error instanceof SyntaxError) return { ok: false, reason: "malformed_event", detail: message };
      // What the right secret says counts, whatever the others say after it.
      if (!stale) detail = message;
      stale ||= STALE.test(message);
    }
  }
  return { ok: false, reason: stale ? "stale" : "bad_signature", detail };
}
