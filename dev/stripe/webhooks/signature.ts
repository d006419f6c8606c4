import { createHmac } from "node:crypto";

/**
 * The `Stripe-Signature` header: HMAC-SHA256 over `timestamp.payload`, one `v1` per secret, so that a receiver
 * with either the old or the new secret accepts it while a secret is being rolled
 * (https://docs.stripe.com/webhooks#verify-manually).
 */
export function signatureHeader(
  payload: string,
  { secrets, timestamp_s }: { secrets: readonly string[]; timestamp_s: number },
): string {
  const signatures = secrets.map((secret) => {
    const digest = createHmac("sha256", secret).update(`${timestamp_s}.${payload}`).digest("hex");
    return `v1=${digest}`;
  });
  return [`t=${timestamp_s}`, ...signatures].join(",");
}
