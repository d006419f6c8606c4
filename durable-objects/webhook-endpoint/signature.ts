import { Webhook } from "standardwebhooks";

const SECRET_PREFIX = "whsec_";
/** Standard Webhooks asks for 24 to 64 bytes. */
const SECRET_BYTES = 32;

export function mintSecret(random: Uint8Array = crypto.getRandomValues(new Uint8Array(SECRET_BYTES))): string {
  return SECRET_PREFIX + btoa(String.fromCharCode(...random));
}

/**
 * The headers of one attempt, by Standard Webhooks. The signature covers id, timestamp and body, so a recorded delivery cannot be
 * replayed under another time; the id stays the same over all attempts, so that the receiver can tell a repeat. Every
 * secret signs: while one is being replaced the receiver may know either.
 */
export function signedHeaders(
  secrets: readonly string[],
  message: { readonly id: string; readonly body: string },
  now: number,
): Record<string, string> {
  const signatures = secrets.map((secret) => new Webhook(secret).sign(message.id, new Date(now), message.body));
  return {
    "webhook-id": message.id,
    "webhook-timestamp": String(Math.floor(now / 1_000)),
    "webhook-signature": signatures.join(" "),
  };
}
